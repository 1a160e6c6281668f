/** The slip: the stake, what it may win, and the button with its states. */

import { readAmount, roundStakes, show, textOf, times } from './money.js';
import { memory } from './session.js';
import { t } from './texts.js';

const STAKE = 'keno.stake';
const CHIPS = 5;
const ACCEPTED_MS = 2500;
const BUSY = ['sending', 'unknown'];
const LABELS = { ready: 'slip.place_bet', sending: 'slip.sending', accepted: 'slip.accepted', unknown: 'slip.checking' };

export class Slip {
  /** ready, sending, accepted, or unknown: asked for, and not known yet whether it was accepted. */
  state = 'ready';
  #on;
  #ids;
  #min;
  #max;
  #ticket = '';
  #problem = null;
  #sight = { open: false, count: 0, max: 10, top: null };

  /** `ids`: the slip's elements by their ids; `on`: place(stake text). */
  constructor(ids, { min, max, on }) {
    this.#ids = ids;
    this.#min = min;
    this.#max = max;
    this.#on = on;
    ids.stake.value = memory.read(STAKE) ?? textOf(min);
    ids.stake.addEventListener('input', () => this.#stakeTyped());
    ids.slip.addEventListener('submit', (event) => this.#submit(event));
    ids.chips.append(...roundStakes(min, max, CHIPS).map((stake) => this.#chip(stake)));
  }

  get busy() {
    return BUSY.includes(this.state);
  }

  /** The stake in minor units; null when what is typed is not one that is allowed. */
  get stake() {
    const stake = readAmount(this.#ids.stake.value);
    return stake !== null && stake >= this.#min && stake <= this.#max ? stake : null;
  }

  set stake(minor) {
    this.#ids.stake.value = textOf(minor);
    this.#stakeTyped();
  }

  /** What the slip is for now: is betting open, how many numbers of how many, and what they pay at most. */
  see(sight) {
    const before = this.#sight;
    this.#sight = sight;
    if (Object.keys(sight).some((name) => sight[name] !== before[name])) this.paint();
  }

  enter(state, ticket = '') {
    this.state = state;
    this.#ticket = ticket;
    this.#problem = null;
    if (state === 'accepted') setTimeout(() => this.#ticket === ticket && this.enter('ready'), ACCEPTED_MS);
    this.paint();
  }

  /** The bet is known not to be placed, and this is why. */
  refuse(error) {
    this.enter('ready');
    this.#problem = error;
    this.paint();
  }

  paint() {
    const { open, count, max, top } = this.#sight;
    const { place, picked, possible, outcome, stake: input } = this.#ids;
    const stake = this.stake;
    place.dataset.state = this.state;
    place.disabled = this.busy || !open || stake === null || top === null;
    this.#ids['place-text'].textContent = this.#label(open);
    picked.textContent = count ? t('board.pick_count', { count, max }) : t('board.choose', { max });
    possible.replaceChildren();
    if (this.state === 'ready' && stake !== null && top !== null) {
      const amount = document.createElement('b');
      amount.textContent = show(textOf(times(stake, top)));
      possible.append(t('slip.possible_win'), ' ', amount);
    }
    const range = { min: show(textOf(this.#min)), max: show(textOf(this.#max)) };
    this.#ids['stake-hint'].textContent = t('slip.stake_range', range);
    input.ariaInvalid = stake === null;
    outcome.textContent = this.#problem ? this.#explain(this.#problem) : '';
    for (const chip of this.#ids.chips.children) {
      chip.textContent = show(chip.value, { short: true });
      chip.ariaPressed = stake !== null && chip.value === textOf(stake);
    }
  }

  #label(open) {
    if (this.state === 'ready' && !open) return t('round.closed');
    return t(LABELS[this.state]) + (this.#ticket && ` #${this.#ticket}`);
  }

  #explain({ code, message, params }) {
    const bound = params?.stake_max ?? params?.stake_min;
    const reason = code ? message : t('error.unexpected');
    return `${t('slip.refused')} – ${reason}${bound ? ` (${show(bound)})` : ''}`;
  }

  #chip(stake) {
    const chip = document.createElement('button');
    chip.type = 'button';
    chip.value = textOf(stake);
    chip.addEventListener('click', () => (this.stake = stake));
    return chip;
  }

  #stakeTyped() {
    this.#problem = null;
    memory.write(STAKE, this.#ids.stake.value);
    this.paint();
  }

  #submit(event) {
    event.preventDefault();
    if (!this.#ids.place.disabled) this.#on.place(textOf(this.stake));
  }
}
