/** The page's texts, which came with it in one language. */

const page = document.documentElement;
const texts = JSON.parse(document.getElementById('texts').textContent);

export const language = page.lang;

/** One text with its values. */
export function t(key, values = {}) {
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}

/** Whether there is such a text. */
export function has(key) {
  return key in texts;
}

/** Latin digits everywhere, as the balls have them; English where a browser lacks a language. */
const locales = [`${language}-u-nu-latn`, 'en-u-nu-latn'];

export function number(value) {
  return new Intl.NumberFormat(locales).format(value);
}

export function time(milliseconds) {
  return new Intl.DateTimeFormat(locales, { dateStyle: 'medium', timeStyle: 'medium' }).format(milliseconds);
}

/** The key of a text about something with a name such as `SeedNotCommitted` or `commit-anchor`. */
export function keyOf(part, name) {
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toLowerCase();
  return `${part}.${words}`;
}
