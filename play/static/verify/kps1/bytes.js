/** Bytes: hex, big-endian integers, joining and comparing. Integers of 64 bits are BigInts. */

const HEX = /^(?:[0-9a-f]{2})*$/;

/** The bytes of lower-case hex; null when the text is none. */
export function fromHex(text) {
  if (typeof text !== 'string' || !HEX.test(text)) return null;
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

export function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function concat(...parts) {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

export function equal(one, other) {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

export function isZero(bytes) {
  return bytes.every((byte) => byte === 0);
}

/** The bytes of a text that is ASCII. */
export function ascii(text) {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/** An unsigned integer in so many bytes. */
export function uint(value, length) {
  const bytes = new Uint8Array(length);
  for (let left = BigInt(value), at = length - 1; at >= 0; at--, left >>= 8n) bytes[at] = Number(left & 255n);
  return bytes;
}

/** The unsigned integer in these bytes, as a BigInt. */
export function readUint(bytes) {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** A UUID's usual form. */
export function toUuid(bytes) {
  return toHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** The 16 bytes of a UUID in its usual form; null when the text is none. */
export function fromUuid(text) {
  const usual = typeof text === 'string' && /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
  return usual ? fromHex(text.replaceAll('-', '')) : null;
}
