/** Entropy networks: beacons that publish an unpredictable value at fixed times (drand's unchained form). */

import { ascii, concat, equal, fromHex, uint } from './bytes.js';
import { refuse } from './errors.js';
import { sha256 } from './hashing.js';

/** How long after the close a beacon must come at the earliest, so that clocks a little apart leak nothing. */
const SAFETY_MS = 1000n;
const OWN_DOMAIN = ascii('keno local beacon\0');

const NONE = {
  name: 'none',
  public: false,
  chain_hash: new Uint8Array(32),
  public_key: new Uint8Array(),
  genesis: 0,
  period: 0,
};
/** The League of Entropy's beacon of one value every 3 seconds, run by many independent organisations. */
const QUICKNET = {
  name: 'drand-quicknet',
  public: true,
  chain_hash: fromHex('52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971'),
  public_key: fromHex(
    '83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451' +
      '0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a',
  ),
  genesis: 1692803367,
  period: 3,
};

/** Networks whose values are known here, so that no proof can bring its own under their name. */
const PINNED = [NONE, QUICKNET];

/** False only for the network `none`: commit and reveal, known to the operator. */
export function hasBeacon(network) {
  return network.name !== 'none';
}

/** Check that a network does not pose as one that is known here. */
export function verifyPinned(network) {
  const poses = PINNED.some((known) => known.name === network.name || equal(known.chain_hash, network.chain_hash));
  if ((network.public || poses) && !PINNED.some((known) => same(known, network))) {
    refuse('NetworkNotAsPinned', `"${network.name}" is not a public network that is known here`);
  }
}

/**
 * Check that the chain hash of a network that the house runs itself is made of its key and times: the commitment holds
 * that hash only, and a key that it did not bind could be chosen after the close.
 */
export async function verifyOwnNetwork(network) {
  if (PINNED.some((known) => same(known, network))) return;
  const { public_key, genesis, period, name, chain_hash } = network;
  const own = await sha256(concat(OWN_DOMAIN, public_key, uint(genesis, 8), uint(period, 8)));
  if (!equal(chain_hash, own)) {
    refuse('NetworkNotCommitted', `the chain hash of "${name}" is not made of its key, genesis and period`);
  }
}

/** The beacon round that decides a round closing at `closeMs`: the first one due at least a second after, or 0. */
export function beaconRoundFor(network, closeMs) {
  if (!hasBeacon(network)) return 0n;
  const [genesis, period] = [BigInt(network.genesis), BigInt(network.period)];
  const periods = roundUp(roundUp(closeMs + SAFETY_MS, 1000n) - genesis, period);
  return (periods > 0n ? periods : 0n) + 1n;
}

/** When this beacon round is due, in seconds since 1970. */
export function beaconTime(network, beaconRound) {
  return BigInt(network.genesis) + (beaconRound - 1n) * BigInt(network.period);
}

/** A quotient, rounded up: BigInt's own division rounds towards zero. */
function roundUp(value, by) {
  return value > 0n ? (value + by - 1n) / by : -(-value / by);
}

function same(one, other) {
  const plain = ['name', 'public', 'genesis', 'period'].every((member) => one[member] === other[member]);
  return plain && equal(one.chain_hash, other.chain_hash) && equal(one.public_key, other.public_key);
}
