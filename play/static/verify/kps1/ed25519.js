/**
 * Ed25519 signatures (RFC 8032), checked by one policy whatever computes.
 *
 * The RFC leaves verifiers some freedom, and two that use it differently can be shown one signature that one of them
 * accepts. So what is doubtful is refused here first: a scalar that is not below the group's order, an encoding that is
 * not the canonical one, and points of small order. The equation is then checked without the cofactor, as browsers do.
 */

import { ed25519 } from '../noble.js';
import { concat, readUint } from './bytes.js';
import { refuse } from './errors.js';

const FIELD = 2n ** 255n - 19n;
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const ODD_Y = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;
/** The y of the eight points whose order divides the cofactor; x is told by the sign bit. */
const SMALL_ORDER = [0n, 1n, FIELD - 1n, ODD_Y, FIELD - ODD_Y];

/** Check that this is the key's signature of the message; else the error of this name. */
export async function verifyEd25519({ publicKey, message, signature }, error = 'SignatureInvalid') {
  if (publicKey.length !== 32 || signature.length !== 64) refuse(error, 'a key has 32 bytes and a signature 64');
  for (const point of [publicKey, signature.subarray(0, 32)]) {
    const y = littleEndian(point) & (2n ** 255n - 1n);
    if (y >= FIELD) refuse(error, 'a point is not canonically encoded');
    if (SMALL_ORDER.includes(y)) refuse(error, 'a point is of small order');
  }
  if (littleEndian(signature.subarray(32)) >= ORDER) refuse(error, 'the scalar is not below the order of the group');
  const good = (await byBrowser(publicKey, message, signature)) ?? (await byLibrary(publicKey, message, signature));
  if (!good) refuse(error, 'the signature is not this key’s over this message');
}

/** Null where the browser does not know Ed25519. */
async function byBrowser(publicKey, message, signature) {
  try {
    const key = await crypto.subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify']);
    return await crypto.subtle.verify('Ed25519', key, signature, message);
  } catch (error) {
    // Browsers that know it may refuse a key when it is read, because no point has that encoding.
    return error.name === 'DataError' || error.name === 'OperationError' ? false : null;
  }
}

/** Whether [S]B = R + [h]A, with a maintained library's arithmetic. */
export async function byLibrary(publicKey, message, signature) {
  const { Point } = ed25519;
  const r = signature.subarray(0, 32);
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-512', concat(r, publicKey, message)));
  try {
    const challenge = Point.fromBytes(publicKey).multiplyUnsafe(littleEndian(hash) % ORDER);
    const claimed = Point.BASE.multiplyUnsafe(littleEndian(signature.subarray(32)));
    return claimed.equals(Point.fromBytes(r).add(challenge));
  } catch {
    return false; // not points of the curve
  }
}

function littleEndian(bytes) {
  return readUint(bytes.slice().reverse());
}
