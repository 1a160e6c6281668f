/** Secret seeds, and the commitments that are published in their place until the draw. */

import { ascii, concat, uint } from './bytes.js';
import { hmacSha256, sha256 } from './hashing.js';

const SEED_DOMAIN = ascii('KPS1-SEED\0');
const COMMIT_DOMAIN = ascii('KPS1-COMMIT\0');

/** The seed of one round; whoever holds the epoch's key can derive all of them. */
export function deriveSeed({ epochKey, stream, roundNumber }) {
  return hmacSha256(epochKey, concat(SEED_DOMAIN, stream, uint(roundNumber, 8)));
}

/** The commitment C: it fixes the seed of this one round and tells nothing about it. */
export function commitSeed({ stream, roundNumber, seed }) {
  return sha256(concat(COMMIT_DOMAIN, stream, uint(roundNumber, 8), seed));
}
