/** The screens over the game, each loaded when it is opened first, with the texts that it shows. */

import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import { closeScreen, screen } from '../state/route';
import { need, t } from '../texts';
import { Dialog, Loading, Problem } from '../ui';

type Module = { default: ComponentType };

const modules = import.meta.glob<Module>(['./*.tsx', '!./index.tsx']);
const PARTS: Partial<Record<string, string[]>> = {
  responsible: ['screens', 'protection'],
  reality: ['screens', 'protection'],
  meter: ['protection'],
};

/** `screens/<name>.tsx`, once it and its texts are here. */
export function Lazy({ name }: { name: string }) {
  const [loaded, show] = useState<{ name: string; module: Module } | null>(null);
  const [error, fail] = useState<unknown>(null);
  const load = (): void => {
    fail(null);
    const load = modules[`./${name}.tsx`];
    if (!load) return fail(new Error(name));
    Promise.all([load(), ...(PARTS[name] ?? ['screens']).map(need)])
      .then(([module]) => show({ name, module }))
      .catch(fail);
  };
  useEffect(load, [name]);
  if (error) return <Problem error={error} again={load} />;
  if (loaded?.name !== name) return <Loading />;
  const Screen = loaded.module.default;
  return <Screen />;
}

/** The open screen, if one is. */
export function OpenScreen() {
  const name = screen.value;
  if (!name) return null;
  return (
    <Dialog key={name} kind="full" id={`screen-${name}`} title={t(`menu.${name}`)} onClose={closeScreen}>
      <Lazy name={name} />
    </Dialog>
  );
}
