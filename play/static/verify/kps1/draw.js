/** The draw: 20 of 80 numbers from a key, exactly unbiased. */

import { ascii, concat, uint } from './bytes.js';
import { hmacSha256, sha256 } from './hashing.js';

export const POOL_SIZE = 80;
export const DRAW_SIZE = 20;
const DRAW_DOMAIN = ascii('KPS1-DRAW\0');

/** The key K of one draw. `beaconSignature` is null where the network has no beacon. */
export async function drawKey({ seed, commitLeafHash, beaconSignature }) {
  const beacon = await sha256(beaconSignature ?? new Uint8Array());
  return hmacSha256(seed, concat(DRAW_DOMAIN, commitLeafHash, beacon));
}

/** The 20 numbers of 1 to 80, in the order in which they are drawn, and how many bytes were thrown away for them. */
export async function drawNumbers(key) {
  const next = byteStream(key);
  const pool = Array.from({ length: POOL_SIZE }, (_, at) => at + 1);
  let rejected = 0;
  for (let i = 0; i < DRAW_SIZE; i++) {
    const left = POOL_SIZE - i;
    // From the largest multiple of `left` on, bytes would make the low remainders come up more often.
    const limit = 256 - (256 % left);
    let byte = await next();
    for (; byte >= limit; rejected++) byte = await next();
    const j = i + (byte % left);
    [pool[i], pool[j]] = [pool[j], pool[i]];
  }
  return { numbers: pool.slice(0, DRAW_SIZE), rejected };
}

/** The endless row of bytes M(K, 0), M(K, 1), ... one at a time. */
function byteStream(key) {
  let [block, at, count] = [new Uint8Array(), 0, 0];
  return async () => {
    if (at === block.length) [block, at, count] = [await hmacSha256(key, uint(count, 4)), 0, count + 1];
    return block[at++];
  };
}
