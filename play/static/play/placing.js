/**
 * Placing a bet until it is known what became of it.
 *
 * A bet that got no answer may be accepted all the same, so it is asked for again under the same key until the server
 * says which. It names its round: asked late, it is refused, and never slips into a later round.
 */

import { NoAnswer, Refused } from './api.js';
import { memory } from './session.js';

const PLACING = 'keno.placing';
const WAITS_MS = [500, 1000, 2000, 4000];

/** The bet that was being placed when this page was last left, if it is this player's. */
export function unfinished(player) {
  const left = memory.read(PLACING);
  return left?.player === player ? left : null;
}

export function newPlacing(player, bet) {
  return { player, bet, key: crypto.randomUUID?.() ?? randomKey() };
}

/**
 * The placed bet. `unsure` is called each time that an answer stays away.
 * Throws Refused when the bet is known not to be placed, or when the session has ended.
 */
export async function place(api, placing, { unsure, resumed = false }) {
  memory.write(PLACING, placing);
  let doubtful = resumed;
  for (let attempt = 0; ; attempt++) {
    try {
      const { data } = await api.call('POST', 'bets', { body: placing.bet, key: placing.key });
      memory.write(PLACING, null);
      return data;
    } catch (error) {
      if (error instanceof Refused && !(doubtful && saysNothing(error))) {
        memory.write(PLACING, null);
        throw error;
      }
      // The session is over: what became of the bet is seen in the next one.
      if (error.status === 401) throw error;
      if (!(error instanceof NoAnswer) && !(error instanceof Refused)) throw error;
      doubtful = true;
      unsure();
      await pause(attempt, error.retryAfter ?? 0);
    }
  }
}

/** Refusals that are given before the key is looked up do not tell what an earlier try did. */
function saysNothing(error) {
  return error.status === 401 || error.status === 429;
}

function pause(attempt, retryAfter) {
  const wait = Math.max(WAITS_MS[Math.min(attempt, WAITS_MS.length - 1)], retryAfter * 1000);
  return new Promise((resolve) => setTimeout(resolve, wait * (0.75 + Math.random() / 2)));
}

/** `crypto.randomUUID` exists in secure contexts only; a plain http domain is not one. */
function randomKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
