/** The lists: the player's bets, and the latest results. */

import { show } from './money.js';
import { number, t } from './texts.js';

const SHOWN = 8;

/** A bet's number for people: the end of its id, where chance makes it differ. */
export function ticketOf(bet) {
  return bet.id.slice(-6).toUpperCase();
}

/** What became of a bet, in words that neither cheer nor scold. */
export function fateOf(bet) {
  if (bet.status === 'won') return t('bet.won', { amount: show(bet.win_amount) });
  if (bet.status === 'rolled_back') return t('bet.returned', { amount: show(bet.stake) });
  return t(bet.status === 'lost' ? 'bet.lost' : 'bet.pending');
}

export function showHistory(list, bets, feed) {
  const rows = bets.slice(0, SHOWN).map((bet) => betRow(bet, feed.find(bet.round_id)));
  list.replaceChildren(...(rows.length ? rows : [element('li', 'empty', t('history.empty'))]));
}

export function showResults(list, rounds, bets) {
  const rows = rounds.slice(0, SHOWN).map((one) => resultRow(one, bets));
  list.replaceChildren(...(rows.length ? rows : [element('li', 'empty', t('results.empty'))]));
}

function betRow(bet, round) {
  const row = element('li', 'bet');
  row.dataset.status = bet.status;
  row.dataset.bet = bet.id;
  const drawn = new Set(round?.numbers ?? []);
  const hits = round?.numbers ? bet.picks.filter((pick) => drawn.has(pick)).length : bet.hits;
  const line = element('p', '');
  line.append(element('bdi', 'ticket', `#${ticketOf(bet)}`), ' ', element('bdi', '', show(bet.stake)));
  line.append(element('span', 'fate', fateOf(bet)));
  row.append(line, balls(bet.picks, drawn));
  if (hits !== null && hits !== undefined) row.append(element('p', 'hint', t('bet.hits', { hits: number(hits) })));
  return row;
}

function resultRow(one, bets) {
  const row = element('li', 'draw');
  const staked = new Set(bets.filter((bet) => bet.round_id === one.round_id).flatMap((bet) => bet.picks));
  const proof = element('a', '', t('round.verify'));
  proof.href = `/verify?round=${one.round_id}&lang=${document.documentElement.lang}`;
  proof.target = '_blank';
  proof.rel = 'opener'; // so that the session of this tab is there too, for the player's own bets
  const line = element('p', '');
  line.append(element('b', '', t('round.number', { number: number(one.number) })), proof);
  row.append(line, balls([...one.numbers].sort((a, b) => a - b), staked));
  return row;
}

/** Numbers in a row; those in `marked` have a star as well as a colour. */
function balls(numbers, marked) {
  const row = element('p', 'balls');
  row.append(...numbers.map((value) => element('span', marked.has(value) ? 'hit' : '', value)));
  return row;
}

function element(name, className, text = '') {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}
