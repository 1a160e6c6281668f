/** The page: enters the session, then lets feed, bets, board and slip know of each other. */

import { Api } from './api.js';
import { OwnBets } from './bets.js';
import { Board } from './board.js';
import { ServerClock } from './clock.js';
import { showDoor } from './door.js';
import { GameFeed } from './game.js';
import { showHistory, showResults, ticketOf } from './history.js';
import { minorOf, show, useCurrency } from './money.js';
import { Paytable } from './paytable.js';
import { newPlacing, place, unfinished } from './placing.js';
import { RoundView, ShownDraw, drawnOutcome, settledOutcome } from './roundview.js';
import { enterSession, forgetSession, memory } from './session.js';
import { Slip } from './slip.js';
import { speak, t } from './texts.js';

const TICK_MS = 200;
const page = document.documentElement.dataset;
const ids = Object.fromEntries([...document.querySelectorAll('[id]')].map((each) => [each.id, each]));
const api = new Api();
const clock = new ServerClock();
const paytable = new Paytable(ids.paytable, ids.rtp);
const draw = new ShownDraw(render);

let session, feed, bets, board, slip, view;
let lastBet = memory.read('keno.last');

start();

async function start() {
  api.language = memory.read('keno.language') ?? document.documentElement.lang;
  try {
    session = await enterSession(api, page.operator);
    if (session) await open();
    else await showDoor(api.language, 'session.open');
  } catch (error) {
    if (error.status === 401) return sessionEnded();
    console.error(error);
    await showDoor(api.language, 'connection.lost', { again: true });
  }
}

function sessionEnded() {
  forgetSession();
  feed?.end();
  bets?.end();
  return showDoor(api.language, 'session.ended', { reopen: true });
}

async function open() {
  api.token = session.session_token;
  api.language = memory.read('keno.language') ?? session.language;
  useCurrency(session.currency, session.currency_exponent);
  const [games, table] = await Promise.all([api.get('games'), api.get('paytables/active'), speak(api.language)]);
  paytable.table = table;
  const playable = games.filter((game) => game.active);
  if (!playable.length) return showDoor(api.language, 'round.closed', { again: true });
  build(playable);
  const wanted = memory.read('keno.game');
  choose(playable.find((game) => game.code === wanted) ?? playable[0]);
  render();
  ids.loading.hidden = true;
  ids.play.hidden = ids['balance-box'].hidden = false;
  const left = unfinished(session.player_token);
  if (left) settlePlacing(left, true);
}

function build(games) {
  view = new RoundView(ids);
  board = new Board(ids.board, { change: picked, full: () => announce(ids.picked.textContent) });
  board.max = paytable.max;
  slip = new Slip(ids, { min: minorOf(page.min), max: minorOf(page.max), on: { place: placeBet } });
  bets = new OwnBets({ api, session, on: { change: render, settled: tellFate, ended: sessionEnded } });
  ids.game.append(...games.map((game) => new Option(game.name, game.code)));
  ids['quick-count'].append(...paytable.counts.map((count) => new Option(count, count, count === 5, count === 5)));
  ids.language.value = api.language;
  ids.game.onchange = () => choose(games.find((game) => game.code === ids.game.value));
  ids.quick.onclick = () => board.quickPick(Number(ids['quick-count'].value));
  ids.clear.onclick = () => board.choose([]);
  ids.repeat.onclick = repeat;
  ids.language.onchange = changeLanguage;
  document.addEventListener('visibilitychange', () => document.hidden || wake());
  addEventListener('online', wake);
  setInterval(tick, TICK_MS);
}

function choose(game) {
  feed?.end();
  memory.write('keno.game', game.code);
  ids.game.value = game.code;
  draw.clear();
  view.outcome = () => '';
  feed = new GameFeed({ game, api, clock, on: { change: roundChanged, state: connection, lost: sessionEnded } });
  connection(true);
}

async function changeLanguage() {
  await speak(ids.language.value);
  api.language = ids.language.value;
  memory.write('keno.language', api.language);
  view.retell();
  connection(feed.connected);
  render();
}

function wake() {
  feed.wake();
  bets.wake();
}

function connection(connected) {
  ids.connection.hidden = connected;
  ids.connection.textContent = connected ? '' : `${t('connection.lost')}. ${t('connection.reconnecting')}`;
}

// --- the round ---

function roundChanged(round, event) {
  if (event === 'drawn') showDraw(round);
  if (draw.round?.number < feed.current?.number) draw.fade();
  if (['settled', 'revealed', 'voided'].includes(event)) bets.expect(round.round_id);
  // Without a stream this is how the end of a round is noticed.
  if (event === 'read') bets.expect(...feed.recent.map((one) => one.round_id));
  render();
}

function showDraw(round) {
  draw.show(round);
  view.outcome = drawnOutcome(round, bets.inRound(round.round_id));
  announce(ids.result.textContent);
}

/** The player's own bets are settled. */
function tellFate(settled) {
  view.outcome = settledOutcome(settled, feed);
  announce(ids.result.textContent);
}

// --- the bet ---

function picked() {
  draw.touch();
  render();
}

function repeat() {
  board.choose(lastBet.picks);
  slip.stake = minorOf(lastBet.stake);
}

function placeBet(stake) {
  // An older draw beside a fresh bet would look like its result.
  draw.clear();
  const bet = { round_id: feed.current.round_id, picks: board.picks, stake, currency: session.currency };
  settlePlacing(newPlacing(session.player_token, bet), false);
}

async function settlePlacing(placing, resumed) {
  slip.enter(resumed ? 'unknown' : 'sending');
  try {
    const placed = await place(api, placing, { unsure: () => slip.enter('unknown'), resumed });
    lastBet = { picks: placed.picks, stake: placed.stake };
    memory.write('keno.last', lastBet);
    bets.add(placed);
    slip.enter('accepted', ticketOf(placed));
  } catch (error) {
    if (error.status === 401) return sessionEnded();
    slip.refuse(error);
  }
}

// --- showing ---

function tick() {
  const phase = view.show(feed, clock);
  const count = board.picks.length;
  const top = paytable.offers(count) ? paytable.top(count) : null;
  slip.see({ open: phase === 'open', count, max: paytable.max, top });
}

function render() {
  if (!feed || !bets) return;
  const staked = draw.round ? bets.inRound(draw.round.round_id).flatMap((bet) => bet.picks) : [];
  board.showDraw(draw.round?.numbers ?? [], staked);
  paytable.show(board.picks.length);
  ids.balance.textContent = bets.balance === null ? '–' : show(bets.balance);
  ids.clear.disabled = board.picks.length === 0;
  ids.repeat.disabled = !lastBet;
  showHistory(ids.history, bets.list, feed);
  showResults(ids.results, feed.recent, bets.list);
  tick();
  slip.paint();
}

function announce(text) {
  ids.announcer.textContent = text;
}
