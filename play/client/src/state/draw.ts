/** Which draw the board shows, and what came of it: at once, whatever moves meanwhile. */

import { computed, effect, signal } from '../signals';

import { listen } from '../events';
import { minorOf, money, number, textOf } from '../format';
import { t } from '../texts';
import { type Bet, bets, betsOf } from './bets';
import { current, findRound, game, onRound, type Round } from './feed';
import { rowOf } from './paytable';
import { say } from './spoken';

const STAYS_MS = 3000;

/** From the draw until a moment after betting opens again, or until the player picks. */
export const shownDraw = signal<Round | null>(null);
/** The numbers that the player's bets in the shown draw are on. */
export const staked = computed(() => {
  const round = shownDraw.value;
  return new Set(round ? bets.value.filter((bet) => bet.round_id === round.round_id).flatMap((bet) => bet.picks) : []);
});
/** What came of the last draw, as a function that tells it, so that it can be told again in another language. */
const outcome = signal<(() => string) | null>(null);
export const outcomeText = computed(() => outcome.value?.() ?? '');
/** What the last draw won for the player, in minor units; null while it is not known, and without a bet. */
export const lastWin = signal<bigint | null>(null);

let timer = 0;

/** Betting is open again: the numbers stay a little for those who look still. */
function fade(): void {
  timer ||= window.setTimeout(clearDraw, STAYS_MS);
}

/** The player picks for the next round. While the draw goes on, its numbers stay. */
export function touchDraw(): void {
  if (timer) clearDraw();
}

export function clearDraw(): void {
  clearTimeout(timer);
  timer = 0;
  shownDraw.value = null;
}

function show(round: Round): void {
  clearTimeout(timer);
  timer = 0;
  shownDraw.value = round;
  lastWin.value = null;
  const own = betsOf(round.round_id);
  conclude(() => line(round, own.length === 1 ? hitsText(round, own[0]!) : t('round.drawn_numbers')));
}

/** What became of the bets in the newest round of these. */
function showSettled(settled: Bet[]): void {
  const newest = settled.reduce((latest, bet) => Math.max(latest, bet.round_id), 0);
  const own = settled.filter((bet) => bet.round_id === newest);
  const won = own.reduce((sum, bet) => sum + minorOf(bet.win_amount ?? '0'), 0n);
  const round = findRound(newest);
  lastWin.value = won;
  conclude(() => {
    const [first] = own as [Bet];
    const fate = won > 0n ? t('bet.won', { amount: money(textOf(won)) }) : fateOf(first);
    const hits = round?.numbers && own.length === 1 ? hitsText(round, first) : '';
    const factor = own.length === 1 ? multiplierOf(first, round) : null;
    return line(round, hits, factor && won > 0n ? `× ${number(factor)}` : '', fate);
  });
}

function conclude(tell: () => string): void {
  outcome.value = tell;
  say(tell());
}

function line(round: Round | undefined, ...parts: string[]): string {
  const head = round ? t('round.number', { number: number(round.number) }) : '';
  return [head, ...parts].filter(Boolean).join(' · ');
}

function hitsText(round: Round, bet: Bet): string {
  return t('bet.hits', { hits: number(hitsOf(bet, round)!) });
}

/** How many of a bet's numbers were drawn; null while that is not known. */
export function hitsOf(bet: Bet, round = findRound(bet.round_id)): number | null {
  if (round?.numbers) return bet.picks.filter((pick) => round.numbers!.includes(pick)).length;
  return bet.hits;
}

/** The multiplier of a bet that is drawn, as a decimal string; null while it is not known. */
export function multiplierOf(bet: Bet, round = findRound(bet.round_id)): string | null {
  if (bet.multiplier !== null && bet.multiplier !== undefined) return bet.multiplier;
  const hits = hitsOf(bet, round);
  return hits === null ? null : (rowOf(bet.pick_count)?.multipliers[String(hits)] ?? null);
}

/** What became of a bet, in words that neither cheer nor scold. */
export function fateOf(bet: Bet): string {
  if (bet.status === 'won') return t('bet.won', { amount: money(bet.win_amount!) });
  if (bet.status === 'rolled_back' || bet.status === 'cancelled') return t('bet.returned', { amount: money(bet.stake) });
  return t(bet.status === 'lost' ? 'bet.lost' : 'bet.pending');
}

/** Begin to follow draws. */
export function followDraws(): void {
  onRound((round, event) => {
    if (event === 'drawn' && round.numbers) show(round);
    const shown = shownDraw.value;
    if (shown && current.value && shown.number < current.value.number) fade();
  });
  listen((type, subject) => {
    if (type === 'bet.settled') showSettled(subject as Bet[]);
  });
  effect(() => {
    void game.value;
    clearDraw();
    outcome.value = null;
  });
}
