/** What the page asks a site for: the proof of a round and, in a player's own tab, of the player's bets in it. */

import { memory } from './memory.js';

const TIMEOUT_MS = 15_000;
const BETS_MAX = 20;
const PROOF_PATH = /\/api\/v1\/rounds\/(\d+)\/proof$/;

/** The address of a round's proof from what was typed, and the round's number: a number, or an address. */
export function addressOf(typed) {
  const text = typed.trim().replace(/[٠-٩]/g, (digit) => digit.charCodeAt(0) - 0x660);
  if (/^\d{1,15}$/.test(text)) return { address: `/api/v1/rounds/${Number(text)}/proof`, roundId: Number(text) };
  try {
    const address = new URL(text, location.origin);
    const found = PROOF_PATH.exec(address.pathname);
    return found && { address: address.origin + address.pathname, roundId: Number(found[1]) };
  } catch {
    return null;
  }
}

/** The bytes of a round's proof, and those of the list of keys that the same site publishes. */
export function fetchRound(address) {
  const keys = new URL('/.well-known/keno-keys.json', new URL(address, location.origin));
  return Promise.all([address, keys.href].map(async (each) => bytesOf(await ask(each))));
}

/** The proofs of the player's bets in a round, newest first; none without a session in this tab. */
export async function fetchOwnBets(roundId) {
  const token = memory.read('keno.session')?.session_token;
  if (!token) return [];
  const headers = { Authorization: `Bearer ${token}` };
  const { results } = await (await ask(`/api/v1/bets?round_id=${roundId}&limit=${BETS_MAX}`, headers)).json();
  const proofs = results.map(async ({ id }) =>
    bytesOf(await ask(`/api/v1/bets/${encodeURIComponent(id)}/proof`, headers)),
  );
  return Promise.all(proofs);
}

async function ask(address, headers = {}) {
  const options = { headers, cache: 'no-store', credentials: 'omit', signal: AbortSignal.timeout(TIMEOUT_MS) };
  const response = await fetch(address, options);
  if (!response.ok) throw new Error(`${response.status} ${address}`);
  return response;
}

async function bytesOf(response) {
  return new Uint8Array(await response.arrayBuffer());
}
