/** Check 9: the bets were fixed before the outcome could be known, and the bettor's own is among them. */

import { ascii, concat, equal, toHex, toUuid } from './bytes.js';
import { passed, skipped, timeText } from './case.js';
import { verifyPlace } from './check_commitment.js';
import { verifyEd25519 } from './ed25519.js';
import { refuse } from './errors.js';
import { sha256 } from './hashing.js';
import { readClose } from './messages.js';
import { beaconTime, hasBeacon } from './networks.js';

const COUNTERSIGN_DOMAIN = ascii('KPS1-COUNTERSIGN\0');
const KEY_ID_BYTES = 8;
/** Without a beacon to be earlier than: how long after the close the CLOSE may still be missing. */
const UNSEALED_MS_MAX = 60_000n;

export async function checkCloseAndBet(one) {
  const { document, bet } = one;
  const close = document.close ? await verifiedClose(one, document.close) : null;
  if (!close) await requireCloseUndue(one);
  if (bet) await requireBet(one, close);
  if (!close) return skipped(one.isVoid ? 'void' : 'betting');
  const witnesses = document.close.countersignatures.map((each) => toUuid(each.operator_id));
  const leaf = one.betLeaf;
  return passed({
    closed: timeText(close.closed_ms),
    bets: close.bets_count,
    bets_root: toHex(close.bets_root),
    countersigned_by: witnesses.join(' ') || 'nobody',
    bet: leaf ? toUuid(leaf.bet_id) : 'no bet was given',
    ...(leaf && { accepted: timeText(leaf.accepted_ms), receipt: one.known.receipt ? 'the same' : 'none was given' }),
  });
}

async function verifiedClose(one, close) {
  for (const { message, public_key: publicKey, signature, countersignatures } of one.closes()) {
    await verifyEd25519({ publicKey, message, signature }, 'CloseSignatureInvalid');
    requireInTime(one, readClose(message));
    for (const witness of countersignatures) await requireWitness(witness, message);
  }
  requireWitnesses(close, one.known.asked.countersigners ?? []);
  if (one.bet?.close && !equal(one.bet.close.message, close.message)) {
    refuse('CloseTwice', 'the documents of the round and of the bet show two different CLOSE messages');
  }
  if (one.known.close) await requireSameAsKept(one, one.known.close, close);
  return readClose(close.message);
}

/** Only a round that is void, or whose betting has just ended, may have no CLOSE. */
async function requireCloseUndue({ bet, commit, document, known }) {
  if (bet?.close) refuse('CloseMissing', 'the bet’s document has a CLOSE, and the round’s has none');
  if (known.close) {
    await requireKept({ commit, known }, known.close, []);
    refuse('CloseMissing', 'a CLOSE of this round was kept, and its document has none');
  }
  if (['void', 'scheduled', 'open'].includes(document.status)) return;
  const { network } = document;
  const beaconMs = hasBeacon(network) ? beaconTime(network, commit.beacon_round) * 1000n : null;
  if (document.status !== 'closed' || BigInt(known.nowMs) >= (beaconMs ?? commit.close_ms + UNSEALED_MS_MAX)) {
    refuse('CloseMissing', `the round is ${document.status}, and no signed CLOSE fixes its bets`);
  }
}

function requireInTime({ commit, document: { network } }, close) {
  requirePosition(close, commit, 'CloseOfAnotherRound');
  if (close.closed_ms < commit.close_ms) {
    refuse('CloseTooEarly', `closed ${commit.close_ms - close.closed_ms} ms before the committed time`);
  }
  if (hasBeacon(network) && close.closed_ms >= beaconTime(network, commit.beacon_round) * 1000n) {
    refuse('CloseTooLate', 'the bets were fixed when the beacon’s value was out');
  }
}

async function requireWitness({ operator_id, public_key: publicKey, signature }, close) {
  const message = concat(COUNTERSIGN_DOMAIN, operator_id, close);
  await verifyEd25519({ publicKey, message, signature }, 'CountersignatureInvalid');
}

function requireWitnesses({ countersignatures }, asked) {
  const missing = asked.find((operator) => !countersignatures.some((each) => equal(each.operator_id, operator)));
  if (missing) refuse('CountersignatureInvalid', `not countersigned by ${toUuid(missing)}`);
}

async function requireSameAsKept(one, kept, close) {
  await requireKept(one, kept, [close.public_key]);
  if (!equal(kept.message, close.message)) {
    refuse('CloseTwice', 'the house has signed another CLOSE of this round than the one that was kept');
  }
}

/** What was kept counts only with the house's signature under it. */
async function requireKept({ commit, known }, kept, shown) {
  const publicKey = await keyNamed(kept.keyId, [...shown, ...(known.keys ?? [])]);
  if (!publicKey) refuse('SigningKeyUnknown', `the CLOSE that was kept is signed by key ${toHex(kept.keyId)}`);
  await verifyEd25519({ publicKey, message: kept.message, signature: kept.signature }, 'CloseSignatureInvalid');
  requirePosition(readClose(kept.message), commit, 'CloseOfAnotherRound');
}

async function keyNamed(keyId, keys) {
  for (const key of keys) if (equal((await sha256(key)).subarray(0, KEY_ID_BYTES), keyId)) return key;
  return null;
}

async function requireBet({ bet, betLeaf: leaf, commit, known }, close) {
  if (known.receipt && !equal(known.receipt, bet.bet.leaf)) refuse('BetNotAsReceipt', 'the leaf is not the receipt');
  if (!equal(leaf.bet_id, bet.bet_id)) {
    refuse('BetNotAsReceipt', `the document calls bet ${toUuid(leaf.bet_id)} by another name`);
  }
  requirePosition(leaf, commit, 'BetOfAnotherRound');
  if (leaf.accepted_ms >= commit.close_ms || (close && leaf.accepted_ms >= close.closed_ms)) {
    refuse('BetTooLate', `accepted ${leaf.accepted_ms - commit.close_ms} ms after betting was to end`);
  }
  if (close) await requireBetIn(bet.bet, close);
}

async function requireBetIn(place, close) {
  const wrong = (what) => refuse('InclusionProofInvalid', what);
  if (place.index === null) wrong('the close of the round is not shown to contain the bet');
  if (!equal(place.root, close.bets_root) || place.size !== close.bets_count) {
    wrong('the bet is shown in another tree than the one that was signed at the close');
  }
  await verifyPlace(place);
}

function requirePosition(message, commit, error) {
  if (!equal(message.stream, commit.stream) || message.round_number !== commit.round_number) {
    refuse(error, `it is of round ${message.round_number} of stream ${toUuid(message.stream)}`);
  }
}
