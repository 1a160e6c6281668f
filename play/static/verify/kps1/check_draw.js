/** Checks 5 to 8: by the rules that were committed, the seed and the beacon give these numbers. */

import { toHex } from './bytes.js';
import { passed, skipped } from './case.js';
import { verifyBeaconOf, verifyNetwork, verifyNumbers, verifyRules, verifySeed } from './drawn.js';
import { hasBeacon, verifyOwnNetwork, verifyPinned } from './networks.js';

export async function checkBeaconRound({ commit, document }) {
  const { network, rules } = document;
  await verifyRules({ commit, text: rules, network });
  verifyPinned(network);
  await verifyOwnNetwork(network);
  verifyNetwork({ commit, network });
  const label = hasBeacon(network) ? (network.public ? 'public' : 'not public: run by the house') : 'operator-known';
  return passed({ rules, network: network.name, label, beacon_round: commit.beacon_round });
}

export async function checkSeed(one) {
  const { commit, document } = one;
  if (!document.reveal) return unrevealed(one);
  const { seed } = document.reveal;
  await verifySeed({ commit, seed });
  return passed({ seed: toHex(seed), commitment: toHex(commit.commitment) });
}

export async function checkBeaconSignature(one) {
  const { commit, document } = one;
  const { network, reveal } = document;
  if (!reveal) return unrevealed(one);
  const beaconSignature = reveal.beacon_signature;
  if (one.isVoid && !beaconSignature) return skipped('void');
  if (one.known.withoutBls && hasBeacon(network) && beaconSignature) return skipped('no_bls', {}, { byChoice: true });
  await verifyBeaconOf({ commit, network, beaconSignature });
  const signature = beaconSignature ? toHex(beaconSignature) : 'none, by the rules';
  return passed({ network: network.name, beacon_round: commit.beacon_round, signature });
}

export async function checkNumbers(one) {
  const { reveal } = one.document;
  if (!reveal?.numbers) return unrevealed(one);
  const { seed, beacon_signature: beaconSignature, numbers } = reveal;
  await verifyNumbers({ commitHash: await one.commitHash(), seed, beaconSignature, numbers });
  return passed({ numbers: numbers.join(' ') });
}

function unrevealed(one) {
  return skipped(one.isVoid ? 'void' : 'unrevealed');
}
