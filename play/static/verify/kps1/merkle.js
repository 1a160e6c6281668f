/** Hash trees as in RFC 6962 and RFC 9162: the check that a leaf is at its place. */

import { concat, equal, fromHex } from './bytes.js';
import { refuse } from './errors.js';
import { DIGEST_BYTES, sha256 } from './hashing.js';

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** The root of no leaves. */
export const EMPTY_ROOT = fromHex('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');

/** The hash of a leaf. The zero byte in front keeps a leaf from posing as a node. */
export function leafHash(data) {
  return sha256(concat(LEAF, data));
}

/** The hash of a node over its two children. */
export function nodeHash(left, right) {
  return sha256(concat(NODE, left, right));
}

/** Check that the tree of `size` leaves with this root has this leaf at this index (RFC 9162, 2.1.3.2). */
export async function verifyInclusion({ hash, index, size, path, root }) {
  const wrong = (what) => refuse('InclusionProofInvalid', what);
  // 64 bits: the shifts of ordinary numbers have 32.
  let [node, last, found] = [BigInt(index), BigInt(size) - 1n, hash];
  if (node < 0n || node > last) wrong(`index ${index} is outside a tree of ${size}`);
  if ([hash, root, ...path].some((part) => part.length !== DIGEST_BYTES)) wrong('a hash has not 32 bytes');
  for (const sibling of path) {
    if (last === 0n) wrong('the path is too long for this tree');
    if (node & 1n || node === last) {
      found = await nodeHash(sibling, found);
      // A last node without a sibling rises unchanged to the level where it is a right child.
      while (!(node & 1n) && node) [node, last] = [node >> 1n, last >> 1n];
    } else {
      found = await nodeHash(found, sibling);
    }
    [node, last] = [node >> 1n, last >> 1n];
  }
  if (last !== 0n) wrong('the path is too short for this tree');
  if (!equal(found, root)) wrong('the path does not lead to the root');
}
