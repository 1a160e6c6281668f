/** The player's own bets and balance, as the server tells them. */

import { Stream } from './stream.js';

const KEPT = 20;
const OVERDUE_MS = 3000;
const CLOSE_FRAMES_MS = 500;
const UNAUTHENTICATED = 4401;

export class OwnBets {
  /** Newest first. */
  list = [];
  balance = null;

  #api;
  #on;
  #player;
  #ready = false;
  #reading = null;
  #balanceAt = -Infinity;
  #stream;

  /** `on`: change(); settled(bets of one round); ended() when the session is over. */
  constructor({ api, session, on }) {
    this.#api = api;
    this.#on = on;
    this.#player = session.player_token;
    this.#stream = new Stream('/ws/v1/player', {
      open: (send) => send({ type: 'auth', token: session.session_token }),
      frame: (frame) => this.#take(frame),
      state: (connected) => (this.#ready &&= connected),
      refused: (code) => code === UNAUTHENTICATED && (on.ended(), true),
    });
    this.read();
  }

  end() {
    this.#stream.end();
  }

  wake() {
    this.#stream.renew();
    this.read();
  }

  inRound(roundId) {
    return this.list.filter((bet) => bet.round_id === roundId);
  }

  /** A bet that the server has just accepted. The stream tells the balance; without it, it is read. */
  add(placed) {
    this.#merge([placed]);
    this.#on.change();
    if (!this.#ready) this.#readBalance();
  }

  /** Read bets and balance. Calls that overlap share one reading, and one more follows it. */
  async read() {
    if (this.#reading) {
      this.#reading.again = true;
      return;
    }
    const reading = (this.#reading = { again: false });
    try {
      const [page] = await Promise.all([this.#api.get(`bets?limit=${KEPT}`), this.#readBalance()]);
      const before = new Map(this.list.map((bet) => [bet.id, bet.status]));
      this.#merge(page.results);
      this.#on.change();
      const news = this.list.filter((bet) => before.get(bet.id) === 'pending' && bet.status !== 'pending');
      if (news.length) this.#on.settled(news);
    } catch (error) {
      if (error.status === 401) this.#on.ended();
    } finally {
      this.#reading = null;
      if (reading.again) this.read();
    }
  }

  /** Rounds with numbers, or void: their bets must be told soon, or they are asked for. */
  expect(...roundIds) {
    const pending = () => this.list.some((bet) => bet.status === 'pending' && roundIds.includes(bet.round_id));
    if (pending()) setTimeout(() => pending() && this.read(), OVERDUE_MS);
  }

  async #readBalance() {
    const account = await this.#api.get(`wallet/accounts/${encodeURIComponent(this.#player)}`).catch((error) => {
      if (error.status === 401) this.#on.ended();
    });
    if (!account) return;
    this.balance = account.balance;
    this.#on.change();
  }

  #take(frame) {
    if (frame.type === 'ready') {
      this.#ready = true;
      this.read();
    } else if (frame.type === 'bet.accepted') {
      this.#hear(frame.balance);
      const known = new Set(this.list.map((bet) => bet.id));
      // Another tab's, or our own whose answer is on its way still.
      if (!frame.bets.every((id) => known.has(id))) this.read();
    } else if (frame.type === 'bet.settled') {
      this.#hear(frame.balance);
      this.#settle(frame);
    }
    this.#on.change();
  }

  /** Frames of two processes that come close together may come in either order: then the server is asked. */
  #hear(balance) {
    this.balance = balance;
    const now = performance.now();
    if (now - this.#balanceAt < CLOSE_FRAMES_MS) this.#readBalance();
    this.#balanceAt = now;
  }

  #settle(frame) {
    const news = new Map(frame.bets.map((bet) => [bet.id, bet]));
    const known = this.list.filter((bet) => news.has(bet.id));
    if (known.length < news.size) this.read();
    this.#merge(known.map((bet) => ({ ...bet, ...news.get(bet.id) })));
    const settled = this.list.filter((bet) => news.has(bet.id));
    if (settled.length) this.#on.settled(settled);
  }

  /** News win over what is known, except that nothing settled becomes pending again. */
  #merge(bets) {
    const all = new Map(this.list.map((bet) => [bet.id, bet]));
    for (const bet of bets) {
      const known = all.get(bet.id);
      if (!known || known.status === 'pending' || bet.status !== 'pending') all.set(bet.id, { ...known, ...bet });
    }
    // Ids carry their time: the greatest is the newest.
    this.list = [...all.values()].sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, KEPT);
  }
}
