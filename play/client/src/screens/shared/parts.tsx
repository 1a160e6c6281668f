/** What the screens share: how they show that something is missing, facts, choices. Styles: screens.css. */


import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';

import { t } from '../../texts';
import { Button, Loading, Problem } from '../../ui';
import type { Resource } from './resource';

/** A part of a screen with its heading. */
export function Section({ title, children }: { title: string; children: ComponentChildren }) {
  const id = useId();
  return (
    <section class="part" aria-labelledby={id}>
      <h3 id={id}>{title}</h3>
      {children}
    </section>
  );
}

/** Nothing to show: that it is so, and what to do next. */
export function Empty({ text, hint, children }: { text: string; hint?: string; children?: ComponentChildren }) {
  return (
    <div class="nothing">
      <p>{text}</p>
      {hint && <p class="hint">{hint}</p>}
      {children}
    </div>
  );
}

interface ReadingProps<T> {
  of: Resource<T>;
  children: (data: T) => ComponentChildren;
}

/** What was read; before that, that it is being read; and where it was not, a way to try again. */
export function Reading<T>({ of: { data, error, loading, reload }, children }: ReadingProps<T>) {
  return (
    <div aria-busy={loading}>
      {error !== null && <Problem error={error} again={reload} />}
      {data !== null ? children(data) : loading && <Loading />}
    </div>
  );
}

export interface Fact {
  name: string;
  value: ComponentChildren;
}

/** Names and their values; those without a value are left out. `stacked`: for long values, each under its name. */
export function Facts({ facts, stacked }: { facts: Fact[]; stacked?: boolean }) {
  return (
    <dl class={stacked ? 'facts stacked' : 'facts'}>
      {facts
        .filter(({ value }) => value !== null && value !== '')
        .map(({ name, value }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

interface ChoiceProps<T extends string | number> {
  label: string;
  options: { value: T; label: string }[];
  value: T | null;
  onChange: (value: T) => void;
  hint?: string;
  /** Whether the label is for the screen reader only, because a heading says the same. */
  quiet?: boolean;
}

/** One of a few. The browser's own radio buttons, so that arrows and readers know them. */
export function Choice<T extends string | number>({ label, options, value, onChange, hint, quiet }: ChoiceProps<T>) {
  const name = useId();
  return (
    <fieldset class="choice" aria-describedby={hint && `${name}-hint`}>
      <legend class={quiet ? 'unseen' : ''}>{label}</legend>
      <div>
        {options.map((one) => (
          <label key={one.value}>
            <input
              type="radio"
              name={name}
              value={one.value}
              checked={one.value === value}
              onChange={() => onChange(one.value)}
            />
            <span>{one.label}</span>
          </label>
        ))}
      </div>
      {hint && (
        <p class="hint" id={`${name}-hint`}>
          {hint}
        </p>
      )}
    </fieldset>
  );
}

/** What has just become of something, told to a screen reader too, and gone after a while. */
export function useNotice(): [ComponentChildren, (text: string) => void] {
  const [text, show] = useState('');
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  const say = (news: string): void => {
    clearTimeout(timer.current);
    show(news);
    timer.current = window.setTimeout(() => show(''), NOTICE_MS);
  };
  return [
    <p class="told" role="status">
      {text}
    </p>,
    say,
  ];
}

const NOTICE_MS = 6000;

/** A long text of letters and digits that somebody may want to keep, with a way to copy it. */
export function Code({ text, label }: { text: string; label: string }) {
  const [copied, say] = useState(false);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      return; // In a frame without the permission: the text can be selected by hand.
    }
    say(true);
    setTimeout(() => say(false), NOTICE_MS);
  };
  return (
    <span class="code">
      <bdi>
        <code>{text}</code>
      </bdi>
      <Button kind="quiet" aria-label={`${t('screen.copy')}: ${label}`} onClick={copy}>
        {t('screen.copy')}
      </Button>
      <span role="status">{copied && t('screen.copied')}</span>
    </span>
  );
}

/** Text whose direction is its own: an amount, a ratio, an id. */
export function Ltr({ children }: { children: ComponentChildren }) {
  return <bdi dir="ltr">{children}</bdi>;
}
