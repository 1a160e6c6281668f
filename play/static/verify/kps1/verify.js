/**
 * The numbered checks of KPS-1, in their order. What a check needs is proven by those before it, so the first that
 * fails is the last that is made.
 */

import { Case } from './case.js';
import { checkCloseAndBet } from './check_bets.js';
import {
  checkAnchoredBeforeOpen,
  checkCommitAnchor,
  checkCommitInclusion,
  checkCommitLeaf,
} from './check_commitment.js';
import { checkDocument } from './check_document.js';
import { checkBeaconRound, checkBeaconSignature, checkNumbers, checkSeed } from './check_draw.js';
import { checkPayout } from './check_payout.js';
import { checkEpochKey, checkResult } from './check_result.js';
import { FairnessError, refuse } from './errors.js';

/** Each check by its id; its number is its place, and 0 is the document itself. */
export const CHECKS = Object.entries({
  document: checkDocument,
  'commit-leaf': checkCommitLeaf,
  'commit-inclusion': checkCommitInclusion,
  'commit-anchor': checkCommitAnchor,
  'anchored-before-open': checkAnchoredBeforeOpen,
  'beacon-round': checkBeaconRound,
  seed: checkSeed,
  'beacon-signature': checkBeaconSignature,
  numbers: checkNumbers,
  'close-and-bet': checkCloseAndBet,
  payout: checkPayout,
  result: checkResult,
  'epoch-key': checkEpochKey,
});

/**
 * Make the checks one after another and give each one's outcome: `{id, number, state, evidence}`, where the state is
 * `passed`, `skipped` (with a `reason`) or `failed` (with the `error`, whose name says what), which is the last one.
 * Anything but a finding about the round is thrown.
 */
export async function* examine({ document, bet, known }) {
  const one = new Case({ document, bet, known });
  for (const [number, [id, check]] of CHECKS.entries()) {
    try {
      const outcome = await check(one);
      if (known.strict && outcome.byChoice) refuse('CheckSkipped', outcome.reason);
      yield { number, id, ...outcome };
    } catch (error) {
      if (!(error instanceof FairnessError)) throw error;
      yield { number, id, state: 'failed', evidence: { detail: error.message }, error };
      return;
    }
  }
}
