/** The forms that values in documents have: each takes a value and its path, and gives it as it is used here. */

import { fromHex, fromUuid } from './bytes.js';
import { refuse } from './errors.js';

const MESSAGE_BYTES_MAX = 1024;
const TEXT_MAX = 1000;

export function wrong(path, why) {
  return refuse('DocumentMalformed', `${path || 'the document'}: ${why}`);
}

/** An object with exactly these members. */
export function object(forms) {
  const names = Object.keys(forms);
  return (value, path) => {
    const at = (name) => (path ? `${path}.${name}` : name);
    if (!isObject(value)) wrong(path, 'must be an object');
    const missing = names.find((name) => !(name in value));
    if (missing) wrong(at(missing), 'is missing');
    const unknown = Object.keys(value).find((name) => !names.includes(name));
    if (unknown !== undefined) wrong(at(unknown.slice(0, 40)), 'is not a member that the protocol knows');
    return Object.fromEntries(names.map((name) => [name, forms[name](value[name], at(name))]));
  };
}

/** An object whose names are data: `name` and `form` take the name or the value, and the path. */
export function table(name, form) {
  return (value, path) => {
    if (!isObject(value)) wrong(path, 'must be an object');
    const rows = Object.entries(value);
    return Object.fromEntries(
      rows.map(([key, row]) => [name(key, `${path}.${key}`), form(row, `${path}.${key}`, key)]),
    );
  };
}

export function list(form, most) {
  return (value, path) => {
    if (!Array.isArray(value) || value.length > most) wrong(path, `must be a list of at most ${most}`);
    return value.map((item, place) => form(item, `${path}[${place}]`));
  };
}

export function optional(form) {
  return (value, path) => (value === null ? null : form(value, path));
}

/** A whole number; reading JSON lets none through that is not exact. */
export function integer(low = 0, high = Number.MAX_SAFE_INTEGER) {
  return (value, path) => {
    if (!Number.isSafeInteger(value) || value < low || value > high) {
      wrong(path, `must be a whole number from ${low} to ${high}`);
    }
    return value;
  };
}

export function truth(value, path) {
  return typeof value === 'boolean' ? value : wrong(path, 'must be true or false');
}

export function text(value, path) {
  // Counted in characters, not in the halves that some of them have here.
  if (typeof value !== 'string' || !value || [...value].length > TEXT_MAX) {
    wrong(path, `must be a text of 1 to ${TEXT_MAX} characters`);
  }
  return value;
}

export function oneOf(...allowed) {
  return (value, path) => (allowed.includes(value) ? value : wrong(path, `must be ${allowed.join(' or ')}`));
}

/** Bytes in lower-case hex, of one of these lengths where some are given. */
export function hex(...lengths) {
  return (value, path) => {
    const bytes = fromHex(value) ?? wrong(path, 'must be bytes in lower-case hex');
    if (lengths.length && !lengths.includes(bytes.length)) {
      wrong(path, `must be ${lengths.join(' or ')} bytes, not ${bytes.length}`);
    }
    return bytes;
  };
}

/** The bytes of a message, whose length its own reading judges. */
export function message(value, path) {
  const bytes = hex()(value, path);
  return bytes.length > MESSAGE_BYTES_MAX ? wrong(path, `no message has more than ${MESSAGE_BYTES_MAX} bytes`) : bytes;
}

export function uuid(value, path) {
  return fromUuid(value) ?? wrong(path, 'must be a UUID in lower case');
}

/** An address on a chain, in lower case; upper case in it is a checksum of the same bytes. */
export function address(value, path) {
  return matching(/^0x[0-9a-fA-F]{40}$/, 'an address, 0x and 40 hex digits')(value, path).toLowerCase();
}

/** A hash as chains write it. */
export const chainHash = matching(/^0x[0-9a-f]{64}$/, 'a hash, 0x and 64 hex digits in lower case');

/** A text that has this shape. */
export function matching(pattern, what) {
  return (value, path) => (typeof value === 'string' && pattern.test(value) ? value : wrong(path, `must be ${what}`));
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
