/** The numbers as balls: the draw in its order, and the player's own picks with their hits. */

import { toUuid } from './kps1/bytes.js';
import { readBet } from './kps1/messages.js';
import { number, t } from './texts.js';

/** The draw, on places that the page has kept for it; without numbers, empty places. */
export function showDraw(list, numbers, picks) {
  [...list.children].forEach((ball, place) => paint(ball, numbers?.[place] ?? '', picks));
}

/** The player's bet: picks, and hits once there are numbers. */
export function showBet({ picks, hits, bets }, folder) {
  const numbers = folder.round?.reveal?.numbers ?? null;
  const chosen = picksOf(folder.bet);
  picks.replaceChildren(...chosen.map((value) => paint(document.createElement('li'), value, numbers ?? [])));
  const count = chosen.filter((pick) => numbers?.includes(pick)).length;
  if (!folder.bet) hits.textContent = t('verify_skip.no_bet');
  else hits.textContent = numbers ? t('bet.hits', { hits: number(count) }) : '';
  bets.hidden = folder.bets.length < 2;
  bets.replaceChildren(...folder.bets.map((bet) => optionOf(bet, bet === folder.bet)));
}

/** The picks of a bet's document; none when its leaf cannot be read, which is for the checks to say. */
export function picksOf(bet) {
  try {
    return bet ? readBet(bet.bet.leaf).picks : [];
  } catch {
    return [];
  }
}

function optionOf(bet, chosen) {
  const id = toUuid(bet.bet_id);
  // The end of the id, where chance makes it differ: the same ticket number as in the game.
  const option = new Option(`#${id.slice(-6).toUpperCase()} · ${picksOf(bet).join(' ')}`, id, chosen, chosen);
  option.dir = 'ltr';
  return option;
}

function paint(ball, value, marked) {
  ball.textContent = value;
  ball.className = value !== '' && marked.includes(value) ? 'hit' : '';
  return ball;
}
