/**
 * JSON, read strictly and written in its one form.
 *
 * The browser's own reader takes the last of two members with one name, and rounds large integers: two verifiers could
 * see two documents in the same bytes. What can be read in two ways is refused here.
 */

import { refuse } from './errors.js';

/** The largest document, in bytes. */
export const BYTES_MAX = 1 << 20;
const DEPTH_MAX = 16;
const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORD = /true|false|null/y;
const WORDS = { true: true, false: false, null: null };

/** The value of a text, or of its bytes in UTF-8. */
export function readJson(source) {
  return new Reader(typeof source === 'string' ? source : decoded(source)).read();
}

function decoded(bytes) {
  if (bytes.length > BYTES_MAX)
    refuse('DocumentMalformed', `${bytes.length} bytes are more than the ${BYTES_MAX} read`);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse('DocumentMalformed', 'not a text in UTF-8');
  }
}

/** The one form: keys in the order of their characters, no spaces, ASCII only, no fractions. */
export function canonicalJson(value) {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return quoted(value);
  if (Number.isSafeInteger(value)) return String(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object') refuse('RulesMalformed', `${typeof value} has no canonical form`);
  const names = Object.keys(value);
  if (names.some((name) => /[^\0-\x7f]/.test(name))) refuse('RulesMalformed', 'keys must be ASCII strings');
  // Names of digits would come first in an object, whatever the order of their characters says.
  return `{${names
    .sort()
    .map((name) => `${quoted(name)}:${canonicalJson(value[name])}`)
    .join(',')}}`;
}

function quoted(text) {
  const escape = (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text).replace(/[\x7f-\uffff]/g, escape);
}

class Reader {
  #at = 0;

  constructor(text) {
    this.text = text;
  }

  read() {
    const value = this.#value(0);
    this.#take(SPACE);
    if (this.#at < this.text.length) this.#wrong('something after the end');
    return value;
  }

  #value(depth) {
    this.#take(SPACE);
    const next = this.text[this.#at];
    if ((next === '{' || next === '[') && depth === DEPTH_MAX) this.#wrong('too deep');
    if (next === '{') return this.#object(depth);
    if (next === '[') return this.#array(depth);
    if (next === '"') return this.#string();
    const word = this.#take(WORD);
    return word === null ? this.#number() : WORDS[word];
  }

  #object(depth) {
    const members = Object.create(null);
    this.#each('}', () => {
      const name = this.#string();
      if (name in members) this.#wrong(`"${name}" twice`);
      this.#take(SPACE);
      this.#expect(':');
      members[name] = this.#value(depth + 1);
    });
    return members;
  }

  #array(depth) {
    const members = [];
    this.#each(']', () => members.push(this.#value(depth + 1)));
    return members;
  }

  /** What stands between the bracket here and its end, with commas between. */
  #each(end, member) {
    this.#at++;
    this.#take(SPACE);
    if (this.text[this.#at] === end) return void this.#at++;
    for (;;) {
      this.#take(SPACE);
      member();
      this.#take(SPACE);
      if (this.text[this.#at] === end) return void this.#at++;
      this.#expect(',');
    }
  }

  #string() {
    const value = JSON.parse(this.#take(STRING) ?? this.#wrong('no text'));
    if (/\p{Surrogate}/u.test(value)) this.#wrong('half a character');
    return value;
  }

  #number() {
    const digits = this.#take(NUMBER) ?? this.#wrong('no value');
    if (/[.eE]/.test(digits)) this.#wrong('a number that is no integer');
    const value = Number(digits);
    if (!Number.isSafeInteger(value)) this.#wrong('a larger number than every reader keeps exactly');
    return value || 0; // and never -0
  }

  #take(pattern) {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text)?.[0] ?? null;
    this.#at += found?.length ?? 0;
    return found;
  }

  #expect(letter) {
    if (this.text[this.#at] !== letter) this.#wrong(`no "${letter}"`);
    this.#at++;
  }

  #wrong(what) {
    return refuse('DocumentMalformed', `${what} at character ${this.#at + 1}`);
  }
}
