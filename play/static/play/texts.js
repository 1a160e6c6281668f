/** The page's texts in the player's language. */

const RIGHT_TO_LEFT = ['ar'];

let texts = {};
let language = 'en';

/** For Intl: Latin digits everywhere, as the board and the stake field have them; English where a browser lacks more. */
export function locales() {
  return [`${language}-u-nu-latn`, 'en-u-nu-latn'];
}

/** Fetch a language and put it on the page. */
export async function speak(code) {
  const response = await fetch(`/texts/${code}.json`);
  if (!response.ok) throw new Error(`no texts for ${code}`);
  texts = await response.json();
  language = code;
  const page = document.documentElement;
  page.lang = code;
  page.dir = RIGHT_TO_LEFT.includes(code) ? 'rtl' : 'ltr';
  for (const element of document.querySelectorAll('[data-text]')) element.textContent = t(element.dataset.text);
  for (const element of document.querySelectorAll('[data-label]')) element.ariaLabel = t(element.dataset.label);
}

/** One text with its values. */
export function t(key, values = {}) {
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}

export function number(value, options) {
  return new Intl.NumberFormat(locales(), options).format(value);
}

/** A duration in whole seconds: `7s` in the language's own way, from a minute on `2:05`. */
export function seconds(count) {
  if (count < 60) return number(count, { style: 'unit', unit: 'second', unitDisplay: 'narrow' });
  return `${Math.floor(count / 60)}:${String(count % 60).padStart(2, '0')}`;
}
