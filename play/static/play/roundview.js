/** The round on the page: what happens now and for how long still. */

import { number, seconds, t } from './texts.js';

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

  /** What came of the last draw; a function, so that it can be said again in another language. */
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
