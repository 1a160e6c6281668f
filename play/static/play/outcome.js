/** What came of a round for this player, as one line. Each is a function, so that it can be said again in another language. */

import { fateOf } from './history.js';
import { minorOf, show, textOf } from './money.js';
import { number, t } from './texts.js';

/** The numbers are known; what was won is not yet. */
export function drawnOutcome(round, own) {
  return () => line(round, own.length === 1 ? hits(round, own[0]) : t('round.drawn_numbers'));
}

/** What became of the bets in the newest round of these. */
export function settledOutcome(settled, feed) {
  const newest = settled.reduce((latest, bet) => Math.max(latest, bet.round_id), 0);
  const own = settled.filter((bet) => bet.round_id === newest);
  const won = own.reduce((sum, bet) => sum + minorOf(bet.win_amount ?? '0'), 0n);
  const round = feed.find(newest);
  return () => {
    const fate = won > 0n ? t('bet.won', { amount: show(textOf(won)) }) : fateOf(own[0]);
    return line(round, round?.numbers && own.length === 1 ? hits(round, own[0]) : '', fate);
  };
}

function line(round, ...parts) {
  const head = round ? t('round.number', { number: number(round.number) }) : '';
  return [head, ...parts].filter(Boolean).join(' · ');
}

function hits(round, bet) {
  return t('bet.hits', { hits: number(bet.picks.filter((pick) => round.numbers.includes(pick)).length) });
}
