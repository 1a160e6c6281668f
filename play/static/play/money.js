/** Amounts are decimal strings; what is reckoned is reckoned in whole minor units. No floats. */

import { locales } from './texts.js';

let currency = 'XXX';
let exponent = 2;

export function useCurrency(code, decimals) {
  currency = code;
  exponent = decimals;
}

/** Minor units of an amount as the API prints it. */
export function minorOf(text) {
  const [whole, decimals = ''] = text.split('.');
  return BigInt(whole + decimals.padEnd(exponent, '0'));
}

/** The decimal string of minor units, with exactly the currency's decimals. */
export function textOf(minor) {
  const digits = minor.toString().padStart(exponent + 1, '0');
  return exponent ? `${digits.slice(0, -exponent)}.${digits.slice(-exponent)}` : digits;
}

/** What the player typed, as minor units; null when it is not an amount of this currency. */
export function readAmount(typed) {
  const plain = typed.trim().replace(/[٠-٩]/g, (digit) => digit.charCodeAt(0) - 0x660).replace(/[,٫]/, '.');
  const match = /^(\d{1,13})(?:\.(\d+))?$/.exec(plain);
  if (!match || (match[2] ?? '').length > exponent) return null;
  return minorOf(match[2] ? `${match[1]}.${match[2]}` : match[1]);
}

/** An amount for the eye: Intl reads a decimal string exactly. */
export function show(text, { short = false } = {}) {
  const plain = short && /\.0*$/.test(text);
  const decimals = plain ? 0 : exponent;
  const style = short ? {} : { style: 'currency', currency };
  const format = { ...style, minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return new Intl.NumberFormat(locales(), format).format(text);
}

/** A stake times a multiplier such as 3.55, in minor units, rounded down as the server does. */
export function times(minor, multiplier) {
  const [whole, decimals = ''] = multiplier.split('.');
  return (minor * BigInt(whole + decimals.padEnd(2, '0'))) / 100n;
}

/** Up to `count` round stakes for the chips: 1, 2, 5, 10, ... from the smallest that is allowed. */
export function roundStakes(min, max, count) {
  const stakes = [min];
  for (let unit = 1n; unit <= max && stakes.length < count; unit *= 10n) {
    for (const step of [1n, 2n, 5n]) {
      const stake = unit * step;
      if (stake > min && stake <= max && stakes.length < count) stakes.push(stake);
    }
  }
  return stakes;
}
