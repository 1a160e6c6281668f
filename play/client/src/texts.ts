/**
 * The page's texts in the player's language. A component that shows one is drawn again when the language changes.
 *
 * Texts come in parts: `game` at first, others with the screens that show them (`need`).
 */

import { signal } from './signals';

import { plurals } from '../../../localization/formats.json';
import { firstTexts } from './page';

/** Not a text, but the language in which the server's errors are asked for. */
const ERRORS = '@errors';
const RIGHT_TO_LEFT = ['ar'];
const ETHIOPIC = ['am', 'ti'];
/** The rules of CLDR for one and many, where a browser knows none of the language. */
const ONE: Record<string, (n: number) => boolean> = {
  am: (n) => n >= 0 && n <= 1,
  ti: (n) => n === 0 || n === 1,
  om: (n) => n === 1,
};

export type Values = Record<string, string | number>;

const texts = signal<Record<string, string>>(firstTexts);
const parts = new Set(['game']);

/** The player's language, such as `sw`. */
export const language = signal(document.documentElement.lang);

/** Speak a language from now on. Throws when its texts do not come; then the old one stays. */
export async function speak(code: string): Promise<void> {
  const wanted = [...parts];
  const all = await Promise.all(wanted.map((part) => load(part, code)));
  // Another part has come meanwhile, in the old language.
  if (parts.size > wanted.length) return speak(code);
  texts.value = Object.assign({}, ...all);
  language.value = code;
  const page = document.documentElement;
  page.lang = code;
  page.dir = RIGHT_TO_LEFT.includes(code) ? 'rtl' : 'ltr';
  if (ETHIOPIC.includes(code)) void import('./ethiopic').then(({ lendLetters }) => lendLetters()).catch(() => {});
}

/** Load one more part in the present language. Throws when it does not come. */
export async function need(part: string): Promise<void> {
  if (parts.has(part)) return;
  const code = language.peek();
  const more = await load(part, code);
  if (code !== language.peek()) return need(part);
  parts.add(part);
  texts.value = { ...texts.peek(), ...more };
}

/** The language in which the server's errors are asked for: another while a native speaker has not read them. */
export function errorsLanguage(): string {
  return texts.peek()[ERRORS] ?? language.peek();
}

/** One text with its values, such as `t('round.number', { number: number(7) })`. */
export function t(key: string, values: Values = {}): string {
  return fill(texts.value[key] ?? key, values);
}

/** The form of a text for a count: `x.one`, `x.few`, ... else `x.other`. `{count}` is the count. */
export function plural(key: string, count: number, values: Values = {}): string {
  const known = texts.value;
  const text = known[`${key}.${formOf(count)}`] ?? known[`${key}.other`] ?? key;
  return fill(text, { count, ...values });
}

/** A text with its values in the place of their names. */
export function fill(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
}

function formOf(count: number): string {
  const code = (plurals as Record<string, string>)[language.value] ?? language.value;
  if (Intl.PluralRules.supportedLocalesOf(code).length) return new Intl.PluralRules(code).select(count);
  return (ONE[code]?.(count) ?? count === 1) ? 'one' : 'other';
}

async function load(part: string, code: string): Promise<Record<string, string>> {
  const version = document.documentElement.dataset.texts ?? '';
  const response = await fetch(`/texts/${part}/${code}.json?v=${version}`);
  if (!response.ok) throw new Error(`no texts ${part} in ${code}`);
  return (await response.json()) as Record<string, string>;
}
