/** The parts that screens are made of. Styles: src/more/more.css. */

import type { ComponentChildren, InputHTMLAttributes } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

import { t } from '../texts';
import { Balls, Button } from './basic';

export { Balls, Button };

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  /** `sheet` comes from the bottom of a phone, `full` fills it. */
  kind?: 'sheet' | 'full';
  id?: string;
  /** False for a question that has to be answered. */
  closable?: boolean;
}

/** Over the game, with the focus inside; Escape and the cross close it. */
export function Dialog({ title, onClose, children, kind = 'sheet', id, closable = true }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const over = useRef(false);
  const heading = useId();
  useLayoutEffect(() => {
    const own = dialog.current!;
    own.showModal();
    return () => {
      over.current = true;
      own.close();
    };
  }, []);
  const cancel = (event: Event): void => {
    event.preventDefault();
    if (closable) onClose();
  };
  /** Chromium closes a dialog without asking where nothing was pressed in it, and at a second Escape. */
  const closed = (): void => {
    if (over.current) return;
    if (closable) onClose();
    else dialog.current!.showModal();
  };
  return (
    <dialog
      ref={dialog}
      id={id}
      class={kind}
      aria-labelledby={heading}
      onCancel={cancel}
      onClose={closed}
      onClick={(event) => event.target === dialog.current && closable && onClose()}
    >
      <div class="inside">
        <header>
          <h2 id={heading}>{title}</h2>
          {closable && (
            <Button kind="quiet" class="cross" aria-label={t('page.close')} onClick={onClose}>
              ✕
            </Button>
          )}
        </header>
        {children}
      </div>
    </dialog>
  );
}

interface TabsProps<T extends string> {
  label: string;
  tabs: { id: T; label: string }[];
  value: T;
  onChange: (id: T) => void;
}

/** One of a few views of the same thing. Arrows go along. */
export function Tabs<T extends string>({ label, tabs, value, onChange }: TabsProps<T>) {
  const list = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent): void => {
    const forward = document.documentElement.dir === 'rtl' ? 'ArrowLeft' : 'ArrowRight';
    const step = { ArrowRight: 1, ArrowLeft: 1 }[event.key] && (event.key === forward ? 1 : -1);
    if (!step) return;
    event.preventDefault();
    const at = tabs.findIndex((one) => one.id === value);
    const to = (at + step + tabs.length) % tabs.length;
    onChange(tabs[to]!.id);
    (list.current!.children[to] as HTMLElement).focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={move}>
      {tabs.map((one) => (
        <button
          type="button"
          role="tab"
          key={one.id}
          aria-selected={one.id === value}
          tabIndex={one.id === value ? 0 : -1}
          onClick={() => onChange(one.id)}
        >
          {one.label}
        </button>
      ))}
    </div>
  );
}

interface Labelled {
  label: string;
  hint?: string;
  error?: string;
}

/** A field with its label, its hint and what is wrong with it. */
export function Field({ label, hint, error, ...rest }: Labelled & InputHTMLAttributes) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input id={id} {...rest} aria-invalid={Boolean(error)} aria-describedby={`${id}-hint`} />
      <p id={`${id}-hint`} class={error ? 'wrong' : 'hint'}>
        {error || hint}
      </p>
    </div>
  );
}

interface SelectProps extends Labelled {
  options: { value: string; label: string; lang?: string }[];
  value: string;
  onChange: (value: string) => void;
  id?: string;
}

export function Select({ label, hint, options, value, onChange, id }: SelectProps) {
  const own = useId();
  return (
    <div class="field">
      <label for={id ?? own}>{label}</label>
      <select id={id ?? own} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map((one) => (
          <option key={one.value} value={one.value} lang={one.lang} selected={one.value === value}>
            {one.label}
          </option>
        ))}
      </select>
      {hint && <p class="hint">{hint}</p>}
    </div>
  );
}

interface SwitchProps {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}

export function Switch({ label, checked, onChange, disabled }: SwitchProps) {
  return (
    <label class="switch">
      <span>{label}</span>
      <input
        type="checkbox"
        role="switch"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    </label>
  );
}

interface ListProps<T> {
  id?: string;
  items: T[];
  empty: string;
  keyOf: (item: T) => string | number;
  children: (item: T) => ComponentChildren;
}

/** Rows, or what to say without any. `children` makes the inside of a row's `<li>`. */
export function List<T>({ id, items, empty, keyOf, children }: ListProps<T>) {
  return (
    <ul id={id} class="list">
      {items.length ? items.map((item) => <li key={keyOf(item)}>{children(item)}</li>) : <li class="empty">{empty}</li>}
    </ul>
  );
}

export function Loading() {
  return <p class="loading">{t('page.loading')}</p>;
}

/** Something could not be read: why, and a way to try again. */
export function Problem({ error, again }: { error: unknown; again?: () => void }) {
  const message = (error as { code?: string; message?: string }).code ? (error as Error).message : t('connection.lost');
  return (
    <div class="problem" role="alert">
      <p>{message}</p>
      {again && <Button onClick={again}>{t('page.try_again')}</Button>}
    </div>
  );
}
