/** What the chosen count of numbers pays, and what it returns. */

import { number, t } from './texts.js';

export class Paytable {
  #rows = new Map();
  #body;
  #rtp;

  constructor(body, rtp) {
    this.#body = body;
    this.#rtp = rtp;
  }

  set table(paytable) {
    this.#rows = new Map(paytable.picks.map((row) => [row.pick_count, row]));
  }

  get counts() {
    return [...this.#rows.keys()];
  }

  get max() {
    return Math.max(...this.counts);
  }

  offers(count) {
    return this.#rows.has(count);
  }

  /** The greatest multiplier of a pick count, as the decimal text that the server gave. */
  top(count) {
    const all = Object.values(this.#rows.get(count).multipliers);
    return all.reduce((best, each) => (Number(each) > Number(best) ? each : best));
  }

  show(count, hits = null) {
    const row = this.#rows.get(count);
    this.#body.replaceChildren(...(row ? Object.entries(row.multipliers) : []).reverse().map((each) => line(each, hits)));
    this.#rtp.replaceChildren();
    if (!row) return;
    const percent = number(row.rtp, { style: 'percent', minimumFractionDigits: 2, maximumFractionDigits: 4 });
    const exact = document.createElement('bdi');
    exact.textContent = row.rtp_exact;
    this.#rtp.append(t('paytable.rtp', { percent }), ' = ', exact);
  }
}

function line([matches, multiplier], hits) {
  const row = document.createElement('tr');
  row.classList.toggle('hit', Number(matches) === hits);
  row.insertCell().textContent = number(matches);
  const pays = document.createElement('bdi');
  pays.dir = 'ltr';
  pays.textContent = `× ${number(multiplier, { maximumFractionDigits: 2 })}`;
  row.insertCell().append(pays);
  return row;
}
