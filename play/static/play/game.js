/** One game's rounds as they are now: a snapshot over HTTP, kept current by frames. */

import { Stream } from './stream.js';

const RANK = { scheduled: 0, open: 1, closed: 2, drawn: 3, settled: 4, revealed: 5, void: 6 };
const RECENT = 10;
const SILENCE_MS = 5000;
const WATCH_MS = 1000;

export class GameFeed {
  /** The round that bets are taken for, or that is being drawn. */
  current = null;
  /** The latest rounds with numbers, newest first. */
  recent = [];
  connected = true;

  #api;
  #clock;
  #on;
  #seq = 0;
  #heardAt = performance.now();
  #reading = false;
  #stream;
  #watch;

  /** `on`: change(round, event) after every change; state(isConnected); lost() when the session is over. */
  constructor({ game, api, clock, on }) {
    this.game = game;
    this.#api = api;
    this.#clock = clock;
    this.#on = on;
    this.#stream = new Stream(`/ws/v1/games/${game.code}`, {
      frame: (frame, startedAt) => this.#take(frame, startedAt),
      state: (connected) => this.#connection(connected),
    });
    this.#watch = setInterval(() => this.#mind(), WATCH_MS);
    this.read();
  }

  end() {
    clearInterval(this.#watch);
    this.#stream.end();
    this.#on = { change() {}, state() {}, lost() {} };
  }

  /** Connect anew and read the state: for a page that comes back from the background. */
  wake() {
    this.#stream.renew();
    this.read();
  }

  /** A round by its id, as far as this page has seen it. */
  find(roundId) {
    return [this.current, ...this.recent].find((one) => one?.round_id === roundId);
  }

  /** When the next round opens by the game's rhythm, before the server has told. */
  nextOpening() {
    return new Date(Date.parse(this.current.opens_at) + this.game.interval_seconds * 1000).toISOString();
  }

  /** Read the state over HTTP. */
  async read() {
    if (this.#reading) return;
    this.#reading = true;
    this.#heardAt = performance.now();
    try {
      const path = `games/${this.game.code}`;
      const [now, draws] = await Promise.all([
        this.#api.call('GET', `${path}/rounds/current`),
        this.#api.get(`${path}/draws?count=${RECENT}`),
      ]);
      this.#clock.observe(now.data.server_time, now.sentAt, now.receivedAt);
      for (const one of draws.reverse()) this.#keep(one);
      // Frames that came while this was read are newer than it.
      if (now.data.seq >= this.#seq) this.#keep(now.data);
      this.#seq = Math.max(this.#seq, now.data.seq);
      this.#on.change(this.current, 'read');
    } catch (error) {
      // Without an answer the watch tries again.
      if (error.status === 401) this.#on.lost();
    } finally {
      this.#reading = false;
    }
  }

  #take(frame, startedAt) {
    this.#heardAt = performance.now();
    if (frame.type === 'hello') {
      this.#clock.observe(frame.server_time, startedAt, this.#heardAt);
      if (frame.seq === this.#seq) return;
      if (frame.seq < this.#seq) this.#seq = 0;
      this.read();
    } else if (frame.type.startsWith('round.') && frame.seq > this.#seq) {
      const missed = this.#seq > 0 && frame.seq > this.#seq + 1;
      this.#seq = frame.seq;
      this.#keep(frame);
      this.#on.change(frame, frame.type.slice('round.'.length));
      if (missed) this.read();
    }
  }

  /** Put a round where it belongs. News of a round never take it backwards. */
  #keep(one) {
    const known = this.find(one.round_id);
    if (known && RANK[known.status] > RANK[one.status]) return;
    const round = { ...known, ...one };
    const ahead = !this.current || (round.number > this.current.number && round.status !== 'void');
    if (ahead || round.number === this.current.number) this.current = round;
    if (!round.numbers) return;
    const others = this.recent.filter((each) => each.round_id !== round.round_id);
    this.recent = [round, ...others].sort((a, b) => b.number - a.number).slice(0, RECENT);
  }

  #connection(connected) {
    if (connected === this.connected) return;
    this.connected = connected;
    this.#on.state(connected);
  }

  /** Silence for longer than a round takes means that frames are lost, whatever the socket says. */
  #mind() {
    const patience = this.connected ? this.game.interval_seconds * 1000 + SILENCE_MS : SILENCE_MS;
    if (performance.now() - this.#heardAt < patience) return;
    if (this.connected) this.#stream.renew();
    this.read();
  }
}
