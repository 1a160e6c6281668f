/**
 * Betting the same slip round after round, until one of the player's limits is met, the player stops it, or anything is
 * not as it should be. It places as a press of the button does: one bet at a time, and never another while the fate of
 * one is not known.
 */

import { batch, effect, signal } from '../signals';

import { listen } from '../events';
import { minorOf } from '../format';
import { type Bet, bets } from '../state/bets';
import { connected, current } from '../state/feed';
import { autobet, type AutobetPlan } from '../state/autobet';
import { autobetAllowed } from '../state/limits';
import { canPlace, placeBet, placing, refusal } from '../state/placing';
import { paused, playing } from '../state/session';
import { picks, rounds, stakeTyped } from '../state/slip';

/** Why it stopped: the key of a text. */
export type StopReason =
  | 'autobet.stopped'
  | 'autobet.stopped_done'
  | 'autobet.stopped_win'
  | 'autobet.stopped_loss'
  | 'autobet.stopped_refused';

/** Why the last one ended. */
export const stopReason = signal<StopReason | null>(null);

let own = new Set<string>();
let roundId = 0;
let quit: (() => void)[] = [];

/** Begin; the next open round gets the first bet. Nothing happens where the profile forbids it. */
export function startAutobet(plan: AutobetPlan): void {
  if (!autobetAllowed.value || autobet.value) return;
  own = new Set();
  roundId = 0;
  batch(() => {
    autobet.value = { ...plan, placed: 0, net: 0n, stop: () => stopAutobet() };
    stopReason.value = null;
  });
  const slip = JSON.stringify([picks.value, stakeTyped.value, rounds.value]);
  quit = [
    listen((type, subject) => type === 'bet.settled' && count(subject as Bet[])),
    effect(() => {
      // Another slip, a pause or the end of the session: the player did not ask for that to be bet.
      if (paused.value || !playing.value) stopAutobet();
      else if (JSON.stringify([picks.value, stakeTyped.value, rounds.value]) !== slip) stopAutobet();
    }),
    effect(() => void (connected.value && current.value && canPlace() && placing.value === 'ready' && next())),
  ];
}

export function stopAutobet(reason: StopReason = 'autobet.stopped'): void {
  for (const end of quit.splice(0)) end();
  batch(() => {
    if (autobet.value) stopReason.value = reason;
    autobet.value = null;
  });
}

/** The bet of this round, unless it has one, or one before it is not decided. */
function next(): void {
  const run = autobet.peek();
  const round = current.peek();
  if (!run || !round || round.round_id === roundId) return;
  if (bets.value.some((bet) => own.has(bet.id) && bet.status === 'pending')) return;
  if (run.placed >= run.bets) return stopAutobet('autobet.stopped_done');
  roundId = round.round_id;
  // After this effect: placing changes what it depends on.
  queueMicrotask(() => void place());
}

async function place(): Promise<void> {
  if (!autobet.peek()) return;
  const placed = await placeBet();
  const run = autobet.peek();
  if (!run) return;
  if (!placed) {
    if (refusal.peek()) stopAutobet('autobet.stopped_refused');
    return;
  }
  for (const bet of placed.ticket) own.add(bet.id);
  autobet.value = { ...run, placed: run.placed + 1 };
}

function count(settled: Bet[]): void {
  const run = autobet.peek();
  const mine = settled.filter((bet) => own.delete(bet.id));
  if (!run || !mine.length) return;
  const won = mine.reduce((sum, bet) => sum + minorOf(bet.win_amount ?? '0'), 0n);
  const lost = mine.filter((bet) => bet.status === 'won' || bet.status === 'lost');
  const net = run.net + won - lost.reduce((sum, bet) => sum + minorOf(bet.stake), 0n);
  autobet.value = { ...run, net };
  if (won > 0n && (run.stopOnAnyWin || (run.stopAtWin !== null && won >= run.stopAtWin))) {
    stopAutobet('autobet.stopped_win');
  } else if (run.lossMax !== null && -net >= run.lossMax) stopAutobet('autobet.stopped_loss');
  else if (run.placed >= run.bets && own.size === 0) stopAutobet('autobet.stopped_done');
}
