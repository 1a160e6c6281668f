/**
 * Placing a bet until it is known what became of it.
 *
 * A bet that got no answer may be accepted all the same, so it is asked for again under the same key until the server
 * says which. It names its round: asked late, it is refused, and never slips into a later round. It is written down on
 * the device before it is sent, so that neither a reload nor a closed tab loses it.
 */

import { batch, signal } from '../signals';

import { tell } from '../events';
import { textOf } from '../format';
import { device } from '../memory';
import { call, NoAnswer, Refused } from '../net/api';
import { addPlaced, type Placed, ticketOf } from './bets';
import { shownDraw } from './draw';
import { current } from './feed';
import { noticeLimit } from './limits';
import { isOpen } from './moment';
import { paused, session } from './session';
import { lastBet, picks, possibleWin, rounds, stake } from './slip';

const WAITS_MS = [500, 1000, 2000, 4000];
const ACCEPTED_MS = 2500;

interface BetAsk {
  round_id: number;
  picks: number[];
  stake: string;
  currency: string;
  rounds?: number;
}

interface Placing {
  player: string;
  key: string;
  bet: BetAsk;
}

/** `unknown`: asked for, and not known yet whether it was accepted. */
export type PlacingState = 'ready' | 'sending' | 'accepted' | 'unknown';

export const placing = signal<PlacingState>('ready');
/** The number of the ticket that was accepted just now. */
export const ticket = signal('');
/** Why the last bet is known not to be placed. */
export const refusal = signal<Refused | Error | null>(null);

/** Whether the button can be pressed. */
export function canPlace(): boolean {
  const busy = placing.value === 'sending' || placing.value === 'unknown';
  return !busy && !paused.value && isOpen.value && possibleWin.value !== null;
}

/** Bet what is on the slip; the placed ticket, or null when it is known not to be placed. */
export async function placeBet(): Promise<Placed | null> {
  if (!canPlace()) return null;
  // An older draw beside a fresh bet would look like its result.
  shownDraw.value = null;
  const bet: BetAsk = {
    round_id: current.value!.round_id,
    picks: picks.value,
    stake: textOf(stake.value!),
    currency: session.value!.currency,
  };
  if (rounds.value > 1) bet.rounds = rounds.value;
  return settle({ player: session.value!.player_token, key: newKey(), bet }, false);
}

/** Go on with the bet that was being placed when the game was last left, if one was by this player. */
export function resumePlacing(): void {
  const left = device.read<Placing>(nameFor(session.value!.player_token));
  if (left) void settle(left, true);
}

async function settle(own: Placing, resumed: boolean): Promise<Placed | null> {
  enter(resumed ? 'unknown' : 'sending');
  try {
    const placed = await place(own, resumed);
    enter('accepted', ticketOf(placed));
    lastBet.value = { picks: placed.picks, stake: placed.stake };
    addPlaced(placed);
    tell('bet.placed', placed);
    return placed;
  } catch (error) {
    // The session is over: what became of the bet is seen in the next one.
    if (error instanceof Refused && error.status === 401) return null;
    enter('ready', '', error as Error);
    noticeLimit(error);
    tell('refused', error as Error);
    return null;
  }
}

/** The placed bet. Throws Refused when the bet is known not to be placed, or when the session has ended. */
async function place(own: Placing, resumed: boolean): Promise<Placed> {
  device.write(nameFor(own.player), own);
  let doubtful = resumed;
  for (let attempt = 0; ; attempt++) {
    try {
      const { data } = await call<Placed>('POST', 'bets', { body: own.bet, key: own.key });
      device.forget(nameFor(own.player));
      return data;
    } catch (error) {
      if (error instanceof Refused) {
        if (!doubtful || !saysNothing(error)) {
          // Without a doubt nothing was placed, even where the session is what ended.
          device.forget(nameFor(own.player));
          throw error;
        }
        if (error.status === 401) throw error;
      } else if (!(error instanceof NoAnswer)) throw error;
      doubtful = true;
      enter('unknown');
      await pause(attempt, error.retryAfter);
    }
  }
}

/** Refusals that are given before the key is looked up do not tell what an earlier try did. */
function saysNothing({ status, code }: Refused): boolean {
  return status === 401 || status === 429 || code === 'limits_unavailable';
}

function enter(state: PlacingState, number = '', why: Error | null = null): void {
  batch(() => {
    placing.value = state;
    ticket.value = number;
    refusal.value = why;
  });
  if (state === 'accepted') {
    setTimeout(() => placing.value === 'accepted' && ticket.value === number && enter('ready'), ACCEPTED_MS);
  }
}

function pause(attempt: number, retryAfter: number): Promise<void> {
  const wait = Math.max(WAITS_MS[Math.min(attempt, WAITS_MS.length - 1)]!, retryAfter * 1000);
  return new Promise((resolve) => setTimeout(resolve, wait * (0.75 + Math.random() / 2)));
}

function nameFor(player: string): string {
  return `keno.placing.${session.value!.operator_slug}.${session.value!.mode}.${player}`;
}

/** `crypto.randomUUID` exists in secure contexts only; a plain http domain is not one. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
