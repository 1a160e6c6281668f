/** Checks 11 and 12: the round has its one RESULT on the chain, and its seed came from the epoch's key. */

import { RESULTS_KIND } from './anchors.js';
import { equal, isZero, toHex } from './bytes.js';
import { passed, skipped, timeText } from './case.js';
import { checkAnchor, verifyPlace } from './check_commitment.js';
import { verifyEpochKey } from './drawn.js';
import { refuse } from './errors.js';
import { EMPTY_ROOT } from './merkle.js';

/** How long after the time for the epoch's key a root or a key may still be on its way. */
const GRACE_MS = 3_600_000;
/** By the void policy a round may wait 15 minutes for its beacon, and results go into a tree within 10 more. */
const ENDING_MS_MAX = 25 * 60_000;
/** No epoch is so long that its key could be due later than this after the close of one of its rounds. */
const KEY_DUE_MS_MAX = BigInt(48 * GRACE_MS);
const KEY_LOST = 3;
const NOTHING = new Uint8Array(32);

export async function checkResult(one) {
  const { result: leaf, document, known } = one;
  const { result } = document;
  if (!result) {
    const dueMs = endedBy(one);
    if (known.nowMs >= dueMs) refuse('ResultMissing', `it was due at ${timeText(dueMs)} at the latest`);
    return skipped('not_due', {}, { time: dueMs });
  }
  await verifyResult(one, leaf);
  await verifyPlace(result);
  const { index, size, root } = result;
  const ended = { status: leaf.status ? 'void' : 'drawn', cause: leaf.cause, ended: timeText(leaf.drawn_ms) };
  const anchored = await anchorOutcome(one, result);
  return { ...anchored, evidence: { ...ended, index, size, root: toHex(root), ...anchored.evidence } };
}

export async function checkEpochKey(one) {
  const { commit, document, known } = one;
  const { key_due_ms: dueMs, key } = document.epoch;
  if (BigInt(dueMs) > commit.close_ms + KEY_DUE_MS_MAX) {
    refuse('EpochKeyMissing', `it is promised for ${timeText(dueMs)}, which is no time for this round`);
  }
  if (key) {
    await verifyEpochKey({ commit, epochKey: key });
    return passed({ key: toHex(key) });
  }
  if (one.result?.cause === KEY_LOST) return skipped('key_lost');
  if (known.nowMs >= endedBy(one) + GRACE_MS) refuse('EpochKeyMissing', `it was due at ${timeText(dueMs)}`);
  return skipped('not_due', {}, { time: dueMs });
}

/** With the epoch's key, everything of a round must be out; but not before the round has had its time to end. */
function endedBy({ document, commit }) {
  return Math.max(document.epoch.key_due_ms, Number(commit.close_ms) + ENDING_MS_MAX);
}

/** Check that a RESULT says what the rest of the proof says. */
async function verifyResult(one, leaf) {
  const { commit, close, document } = one;
  const members = {
    stream: [leaf.stream, commit.stream],
    round: [leaf.round_number, commit.round_number],
    commitment: [leaf.commit_leaf_hash, await one.commitHash()],
    status: [leaf.status, one.isVoid ? 1 : 0],
    ...revealed(leaf, document.reveal),
    ...closed(leaf, close),
  };
  for (const [what, pair] of Object.entries(members)) {
    const [said, expected] = pair.map(shown);
    if (said !== expected) refuse('ResultContradicts', `its ${what} is ${said}, and should be ${expected}`);
  }
  if (close && leaf.status === 0 && leaf.drawn_ms < close.closed_ms) {
    refuse('ResultContradicts', 'it says that the round was drawn before it was closed');
  }
}

function revealed(leaf, reveal) {
  return {
    seed: [leaf.seed, reveal?.seed ?? NOTHING],
    'beacon signature': [leaf.beacon_signature, reveal?.beacon_signature ?? null],
    numbers: [leaf.numbers, reveal?.numbers ?? []],
  };
}

/** A round that was void before its close has fixed no bets; both ways of writing "none" are taken for it. */
function closed(leaf, close) {
  const none = isZero(leaf.bets_root) || equal(leaf.bets_root, EMPTY_ROOT) ? leaf.bets_root : NOTHING;
  return {
    bets_root: [leaf.bets_root, close?.bets_root ?? none],
    bets_count: [leaf.bets_count, close?.bets_count ?? 0],
  };
}

function shown(value) {
  return value instanceof Uint8Array ? toHex(value) : String(value);
}

async function anchorOutcome(one, result) {
  if (result.anchor) return checkAnchor(one, result.anchor, result, RESULTS_KIND);
  if (one.known.allowSignedOnly) return skipped('signed_only', {}, { byChoice: true });
  if (one.known.nowMs >= endedBy(one) + GRACE_MS) {
    refuse('AnchorMissing', 'the root of results should be on the chain by now');
  }
  return skipped('not_final');
}
