/** The round on the page: what happens now and for how long still, which draw is shown, and what came of it. */

import { fateOf } from './history.js';
import { minorOf, show, textOf } from './money.js';
import { number, seconds, t } from './texts.js';

const DRAW_STAYS_MS = 3000;

export class RoundView {
  #ids;
  #outcome = () => '';

  /** `ids`: the view's elements by their ids. */
  constructor(ids) {
    this.#ids = ids;
  }

  /** Bring the view to this moment; tells the phase: none, next, open, closed, drawing, drawn or void. */
  show(feed, clock) {
    const now = moment(feed, clock);
    const { round, phase, bar, seconds: digits } = this.#ids;
    const left = now.until ? Math.max(0, clock.until(now.until)) : 0;
    const whole = Math.ceil(left / 1000);
    round.dataset.phase = now.phase;
    phase.textContent = now.text && t(now.text, { time: seconds(whole) });
    digits.textContent = now.until ? number(whole) : '';
    bar.style.setProperty('--left', Math.min(1, now.until ? left / now.lasts : 0));
    this.#ids['round-number'].textContent = feed.current ? t('round.number', { number: number(feed.current.number) }) : '';
    this.#ids['not-public'].hidden = feed.game.entropy_public;
    return now.phase;
  }

  /** What came of the last draw, as a function that tells it. */
  set outcome(tell) {
    this.#outcome = tell;
    this.retell();
  }

  retell() {
    this.#ids.result.textContent = this.#outcome();
  }
}

/** The phase of a round by the server's time and word, the text for it, and until when it lasts. */
function moment(feed, clock) {
  const { current, game } = feed;
  if (!current || !clock.known) return { phase: 'none', text: '' };
  const betting = game.betting_seconds * 1000;
  const pause = game.interval_seconds * 1000 - betting;
  const { status, numbers, opens_at: opens, closes_at: closes } = current;
  if (status === 'void') return { phase: 'void', text: 'round.void' };
  if (numbers) return { phase: 'drawn', text: 'round.next_in', until: feed.nextOpening(), lasts: pause };
  if (status === 'scheduled') return { phase: 'next', text: 'round.next_in', until: opens, lasts: pause };
  if (status === 'open' && clock.until(closes) > 0) {
    return { phase: 'open', text: 'round.closes_in', until: closes, lasts: betting };
  }
  if (status === 'open') return { phase: 'closed', text: 'round.closed' };
  return { phase: 'drawing', text: 'round.drawing' };
}

/** Which draw the board shows: from the draw until a moment after betting opens again, or until the player picks. */
export class ShownDraw {
  /** The round whose numbers are on the board, or null. */
  round = null;
  #timer = 0;
  #changed;

  constructor(changed) {
    this.#changed = changed;
  }

  /** All numbers at once; the board brings them in one after the other, within a second. */
  show(round) {
    this.#stop();
    this.round = round;
  }

  /** Betting is open again: the numbers stay a little for those who look still. */
  fade() {
    this.#timer ||= setTimeout(() => this.clear(), DRAW_STAYS_MS);
  }

  /** The player picks for the next round. While the draw goes on, its numbers stay. */
  touch() {
    if (this.#timer) this.clear();
  }

  clear() {
    this.#stop();
    this.round = null;
    this.#changed();
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#timer = 0;
  }
}

/**
 * The outcome of a round whose numbers are known, and what was won is not yet.
 * An outcome is a function that tells it, so that it can be told again in another language.
 */
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
