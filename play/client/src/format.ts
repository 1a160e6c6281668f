/**
 * Numbers, money and times for the eye, in the player's language and always with Latin digits, as the board has them.
 *
 * Amounts are decimal strings; what is reckoned is reckoned in whole minor units (`bigint`). No floats.
 */

import * as own from '../../../localization/formats.json';
import { fill, language } from './texts';

/** Patterns of the project's own, where a browser has none or people write otherwise. The server reads the same. */
type Own<T> = Partial<Record<string, T>>;
const tags: Own<string> = own.tags;
const moneyPatterns: Own<string> = own.money;
const currencies: Own<Own<string>> = own.currencies;
const secondPatterns: Own<string> = own.seconds;

const currency = { code: 'XXX', exponent: 2 };

export function useCurrency(code: string, exponent: number): void {
  currency.code = code;
  currency.exponent = exponent;
}

/** For Intl: English where a browser lacks the language. */
export function locales(): string[] {
  return [`${tags[language.value] ?? language.value}-u-nu-latn`, 'en-u-nu-latn'];
}

/** A formatter is costly to make on a cheap phone: each is made once. */
const made = new Map<string, unknown>();

export function once<T>(kind: string, options: object, make: () => T): T {
  const name = `${kind} ${language.value} ${JSON.stringify(options)}`;
  if (!made.has(name)) made.set(name, make());
  return made.get(name) as T;
}

/** A number; a decimal string is shown exactly. */
export function number(value: number | string, options: Intl.NumberFormatOptions = {}): string {
  const format = once('number', options, () => new Intl.NumberFormat(locales(), options));
  return format.format(value as number);
}

/** A share of one, such as 0.925, as a percentage. */
export function percent(value: number | string, { least = 2, most = 4 } = {}): string {
  return number(value, { style: 'percent', minimumFractionDigits: least, maximumFractionDigits: most });
}

/** An amount with its currency; `short` without, and without decimals that say nothing: for chips. */
export function money(text: string, { short = false } = {}): string {
  const decimals = short && /\.0*$/.test(text) ? 0 : currency.exponent;
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  if (short) return number(text, digits);
  const pattern = moneyPatterns[language.value];
  if (!pattern) return number(text, { style: 'currency', currency: currency.code, ...digits });
  const name = currencies[language.value]?.[currency.code] ?? currency.code;
  return fill(pattern, { amount: number(text, digits), currency: name }).replace(/ /g, '\u00a0');
}

/** A multiplier such as 3.55, as `× 3.55`. Its direction is left to right: put it in a `<bdi dir="ltr">`. */
export function multiplier(text: string): string {
  return `× ${number(text, { maximumFractionDigits: 2 })}`;
}

/** A duration in whole seconds: `7s` in the language's own way, from a minute on `2:05`. */
export function seconds(count: number): string {
  if (count >= 60) return clockface(count);
  const pattern = secondPatterns[language.value];
  if (pattern) return fill(pattern, { n: number(count) });
  return number(count, { style: 'unit', unit: 'second', unitDisplay: 'narrow' });
}

/** A duration in whole seconds as `2:05` or `1:02:05`. */
export function clockface(count: number): string {
  const [hours, minutes, rest] = [Math.floor(count / 3600), Math.floor((count % 3600) / 60), count % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

// --- amounts ---

/** Minor units of an amount as the API prints it. */
export function minorOf(text: string): bigint {
  const [whole = '0', decimals = ''] = text.split('.');
  return BigInt(whole + decimals.padEnd(currency.exponent, '0'));
}

/** The decimal string of minor units, with exactly the currency's decimals. */
export function textOf(minor: bigint): string {
  const sign = minor < 0n ? '-' : '';
  const digits = (minor < 0n ? -minor : minor).toString().padStart(currency.exponent + 1, '0');
  const { exponent } = currency;
  return sign + (exponent ? `${digits.slice(0, -exponent)}.${digits.slice(-exponent)}` : digits);
}

/** What the player typed, as minor units; null when it is not an amount of this currency. */
export function readAmount(typed: string): bigint | null {
  const plain = latinDigits(typed.trim()).replace(/[,٫]/, '.');
  const match = /^(\d{1,13})(?:\.(\d+))?$/.exec(plain);
  if (!match || (match[2] ?? '').length > currency.exponent) return null;
  return minorOf(match[2] ? `${match[1]}.${match[2]}` : match[1]!);
}

/** What an Arabic keyboard types, as the digits that the page shows. */
export function latinDigits(typed: string): string {
  return typed.replace(/[٠-٩]/g, (digit) => String(digit.charCodeAt(0) - 0x660));
}

/** A stake times a multiplier such as 3.55, in minor units, rounded down as the server does. */
export function times(minor: bigint, factor: string): bigint {
  const [whole = '0', decimals = ''] = factor.split('.');
  return (minor * BigInt(whole + decimals.padEnd(2, '0'))) / 100n;
}

/** Up to `count` round stakes for the chips: 1, 2, 5, 10, ... from the smallest that is allowed. */
export function roundStakes(min: bigint, max: bigint, count: number): bigint[] {
  const stakes = [min];
  for (let unit = 1n; unit <= max && stakes.length < count; unit *= 10n) {
    for (const step of [1n, 2n, 5n]) {
      const stake = unit * step;
      if (stake > min && stake <= max && stakes.length < count) stakes.push(stake);
    }
  }
  return stakes;
}
