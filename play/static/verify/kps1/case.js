/** What is examined, what the verifier knows by itself, and what a check comes to. */

import { leafHash } from './merkle.js';
import { readBet, readClose, readCommit, readEpoch, readResult } from './messages.js';

/**
 * One round, maybe with a bet in it, under examination.
 *
 * `known` is what the verifier has from elsewhere than the documents; all but `nowMs` is optional:
 * - `asked`: what was asked for: `roundId`, `game`, `betId` (bytes), `paytableId`, `countersigners` (UUIDs as bytes).
 * - `keys`: the public keys that are trusted; without them, those in the documents.
 * - `contract`: where the house anchors, `{contract}` or `{chain_id, contract}`.
 * - `chain`: gives the evidence of an anchor: null where the chain knows nothing, undefined where it was not asked.
 * - `close`: a CLOSE that was kept, `{message, signature, keyId}`; `receipt`: the BET leaf that the bettor got.
 * - `allowSignedOnly`; `withoutBls`; `strict`: what the verifier could have checked and did not counts as failed.
 */
export class Case {
  constructor({ document, bet = null, known }) {
    this.document = document;
    this.bet = bet;
    this.known = { asked: {}, keys: null, contract: null, chain: null, close: null, receipt: null, ...known };
    this.isVoid = document.status === 'void';
  }

  get commit() {
    return readCommit(this.document.commit.leaf);
  }

  /** The hash of the COMMIT leaf, `lh` in the protocol. */
  commitHash() {
    return leafHash(this.document.commit.leaf);
  }

  get statement() {
    const signed = this.document.commit.statement;
    return signed && readEpoch(signed.message);
  }

  get close() {
    return this.document.close && readClose(this.document.close.message);
  }

  get betLeaf() {
    return this.bet && readBet(this.bet.bet.leaf);
  }

  get result() {
    return this.document.result && readResult(this.document.result.leaf);
  }

  /** The CLOSE of the round's document and that of the bet's. */
  closes() {
    return [this.document.close, this.bet?.close].filter(Boolean);
  }
}

/** The check was made; `evidence` is what it saw, by name. */
export function passed(evidence) {
  return { state: 'passed', evidence };
}

/** The check, or its last part, was not made. `reason` is a code; `byChoice`: the verifier could have made it. */
export function skipped(reason, evidence = {}, { byChoice = false, time = null } = {}) {
  return { state: 'skipped', evidence, reason, byChoice, time };
}

/** A time in milliseconds as people read it; what lies beyond the calendar is shown as its number. */
export function timeText(milliseconds) {
  const time = new Date(Number(milliseconds));
  return Number.isNaN(time.getTime())
    ? `${milliseconds} ms`
    : time.toISOString().replace('T', ' ').replace('Z', ' UTC');
}
