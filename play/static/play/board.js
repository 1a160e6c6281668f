/** The board: 80 numbers to press, one of them in the tab order, arrows between them. */

import { number, t } from './texts.js';

const NUMBERS = 80;

export class Board {
  picks = [];
  #element;
  #cells = [];
  #on;
  #max = 10;
  #drawn = new Set();
  #staked = new Set();

  /** `on`: change() after a pick; full() when one more than the paytable offers is tried. */
  constructor(element, on) {
    this.#element = element;
    this.#on = on;
    for (let value = 1; value <= NUMBERS; value++) {
      const cell = document.createElement('button');
      cell.type = 'button';
      cell.tabIndex = value === 1 ? 0 : -1;
      cell.dataset.number = value;
      cell.textContent = value;
      this.#cells.push(cell);
    }
    element.append(...this.#cells);
    element.addEventListener('click', (event) => this.#press(event));
    element.addEventListener('keydown', (event) => this.#move(event));
  }

  set max(count) {
    this.#max = count;
  }

  /** Replace the picks. */
  choose(picks) {
    this.picks = [...picks].sort((a, b) => a - b);
    this.paint();
    this.#on.change();
  }

  /** `count` numbers by chance, each set equally likely. */
  quickPick(count) {
    const left = Array.from({ length: NUMBERS }, (_, index) => index + 1);
    this.choose(Array.from({ length: count }, () => left.splice(below(left.length), 1)[0]));
  }

  /** Show a draw: the numbers drawn, and those that the player's bets were on. */
  showDraw(numbers, staked) {
    this.#drawn = new Set(numbers);
    this.#staked = new Set(staked);
    numbers.forEach((value, order) => this.#cells[value - 1].style.setProperty('--order', order));
    this.paint();
  }

  /** Bring every cell to its state: chosen, drawn, or hit. */
  paint() {
    const chosen = new Set(this.picks);
    this.#element.classList.toggle('drawn', this.#drawn.size > 0);
    for (const cell of this.#cells) {
      const value = Number(cell.dataset.number);
      const drawn = this.#drawn.has(value);
      const hit = drawn && this.#staked.has(value);
      cell.ariaPressed = chosen.has(value);
      cell.classList.toggle('ring', drawn);
      cell.classList.toggle('hit', hit);
      const state = hit ? '_hit' : drawn ? '_drawn' : chosen.has(value) ? '_chosen' : '';
      cell.ariaLabel = t(`board.number${state}`, { number: number(value) });
    }
  }

  #press({ target }) {
    const cell = target.closest('button');
    if (!cell) return;
    this.#enter(cell);
    const value = Number(cell.dataset.number);
    if (this.picks.includes(value)) this.choose(this.picks.filter((pick) => pick !== value));
    else if (this.picks.length < this.#max) this.choose([...this.picks, value]);
    else this.#on.full();
  }

  #move(event) {
    const at = this.#cells.indexOf(document.activeElement);
    const to = at < 0 ? undefined : this.#destination(event, at);
    if (to === undefined) return;
    event.preventDefault();
    const cell = this.#cells[Math.min(Math.max(to, 0), NUMBERS - 1)];
    this.#enter(cell);
    cell.focus();
  }

  #destination({ key, ctrlKey }, at) {
    const columns = getComputedStyle(this.#element).gridTemplateColumns.split(' ').length;
    const forward = document.documentElement.dir === 'rtl' ? -1 : 1;
    const start = at - (at % columns);
    return {
      ArrowRight: at + forward,
      ArrowLeft: at - forward,
      ArrowDown: at + columns < NUMBERS ? at + columns : at,
      ArrowUp: at >= columns ? at - columns : at,
      Home: ctrlKey ? 0 : start,
      End: ctrlKey ? NUMBERS - 1 : start + columns - 1,
    }[key];
  }

  /** Only the cell that was used last is in the tab order. */
  #enter(cell) {
    for (const each of this.#cells) each.tabIndex = each === cell ? 0 : -1;
  }
}

/** A number by chance below `limit`, without bias. */
function below(limit) {
  const [value] = crypto.getRandomValues(new Uint32Array(1));
  return value < 2 ** 32 - (2 ** 32 % limit) ? value % limit : below(limit);
}
