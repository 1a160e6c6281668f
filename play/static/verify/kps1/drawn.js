/**
 * What a stranger checks about a draw. The terms come from the commitment, which was public before the round opened,
 * never from what was revealed afterwards.
 */

import { verifyBeacon } from './beacon.js';
import { equal } from './bytes.js';
import { drawKey, drawNumbers } from './draw.js';
import { refuse } from './errors.js';
import { beaconRoundFor, hasBeacon, verifyPinned } from './networks.js';
import { rulesHash, rulesText } from './rules.js';
import { commitSeed, deriveSeed } from './seeds.js';

/** Check that these numbers, in this order, are the only ones that the commitment allowed. */
export async function verifyDraw({ commit, commitHash, network, seed, beaconSignature, numbers }) {
  verifyNetwork({ commit, network });
  await verifySeed({ commit, seed });
  await verifyBeaconOf({ commit, network, beaconSignature });
  return verifyNumbers({ commitHash, seed, beaconSignature, numbers });
}

/** Check that the commitment was made under this text, and that the text says KPS-1 on this network. */
export async function verifyRules({ commit, text, network }) {
  const ascii = /^[\0-\x7f]*$/.test(text);
  if (!ascii || !equal(await rulesHash(text), commit.rules_hash)) {
    refuse('RulesNotCommitted', 'the text does not give the committed hash');
  }
  if (text !== rulesText(network.name)) refuse('RulesNotCommitted', `not the rules of KPS-1 on "${network.name}"`);
}

/** Check that the commitment names this network, and the beacon round that the closing time determines. */
export function verifyNetwork({ commit, network }) {
  verifyPinned(network);
  if (!equal(network.chain_hash, commit.beacon_chain_hash)) {
    refuse('NetworkNotCommitted', `the commitment names another network than "${network.name}"`);
  }
  const expected = beaconRoundFor(network, commit.close_ms);
  if (commit.beacon_round !== expected) {
    refuse('BeaconRoundNotByRule', `the close determines beacon round ${expected}, not ${commit.beacon_round}`);
  }
}

/** Check that this is the seed that was committed. */
export async function verifySeed({ commit, seed }, error = 'SeedNotCommitted') {
  const { stream, round_number: roundNumber, commitment } = commit;
  if (!equal(await commitSeed({ stream, roundNumber, seed }), commitment)) {
    refuse(error, 'the seed does not give the commitment');
  }
}

/** Check that this is the network's value of the committed beacon round, or that there is rightly none. */
export async function verifyBeaconOf({ commit, network, beaconSignature }) {
  if (!hasBeacon(network)) {
    if (beaconSignature) refuse('BeaconUnexpected', 'the committed network has no beacon, but a signature is given');
    return;
  }
  const beaconRound = commit.beacon_round;
  if (!beaconSignature) refuse('BeaconMissing', `the draw needs round ${beaconRound} of ${network.name}`);
  await verifyBeacon({ network, beaconRound, signature: beaconSignature });
}

/** Check that seed, commitment and beacon give these numbers in this order. */
export async function verifyNumbers({ commitHash, seed, beaconSignature, numbers }) {
  const drawn = await drawNumbers(await drawKey({ seed, commitLeafHash: commitHash, beaconSignature }));
  if (drawn.numbers.join() !== numbers.join()) {
    refuse('NumbersNotByDraw', `the seed, the commitment and the beacon give ${drawn.numbers.join(' ')}`);
  }
}

/** Check, once an epoch's key is published, that the round's seed came from it and was not chosen. */
export async function verifyEpochKey({ commit, epochKey }) {
  const seed = await deriveSeed({ epochKey, stream: commit.stream, roundNumber: commit.round_number });
  await verifySeed({ commit, seed }, 'SeedNotFromEpochKey');
}
