/** One game's rounds as they are now: a snapshot over HTTP, kept current by frames. */

import { batch, signal } from '../signals';

import { tell } from '../events';
import { tab } from '../memory';
import { call, get } from '../net/api';
import { clock } from '../net/clock';
import { openStream } from '../net/stream';

const RANK = { scheduled: 0, open: 1, closed: 2, drawn: 3, settled: 4, revealed: 5, void: 6 };
const EVENT = /^round\.(\w+)$/;
const STATUS = {
  opened: 'open',
  closed: 'closed',
  drawn: 'drawn',
  settled: 'settled',
  revealed: 'revealed',
  voided: 'void',
} as const;
const RECENT = 10;
const SILENCE_MS = 5000;
const WATCH_MS = 1000;

export interface Game {
  code: string;
  name: string;
  interval_seconds: number;
  betting_seconds: number;
  entropy_network: string;
  entropy_public: boolean;
  active: boolean;
  currency: string;
  min_stake: string;
  max_stake: string;
  max_win: string;
}

export interface Round {
  game: string;
  round_id: number;
  number: number;
  status: keyof typeof RANK;
  opens_at: string;
  closes_at: string;
  /** Absent where only the stream has told of the round: read it. */
  commitment?: string;
  commitment_status?: string | null;
  /** In the order in which they were drawn. */
  numbers?: number[] | null;
  drawn_at?: string | null;
}

interface RoundFrame extends Round {
  type?: string;
  seq: number;
  server_time: string;
}

type RoundEvent = keyof typeof STATUS | 'read';

/** The games that can be played. */
export const games = signal<Game[]>([]);
export const game = signal<Game | null>(null);
/** The round that bets are taken for, or that is being drawn. */
export const current = signal<Round | null>(null);
/** The latest rounds with numbers, newest first. */
export const recent = signal<Round[]>([]);
/** The stream of rounds stands. Without it the page asks over HTTP. */
export const connected = signal(true);

interface Feed {
  wake(): void;
  end(): void;
}

const listeners = new Set<(round: Round, event: RoundEvent) => void>();

/** Hear of every change of a round, after the signals have it. */
export function onRound(listener: (round: Round, event: RoundEvent) => void): void {
  listeners.add(listener);
}

/** Read which games there are. Throws as `get` does. */
export async function readGames(): Promise<Game[]> {
  games.value = (await get<Game[]>('games')).filter((one) => one.active);
  return games.value;
}

let feed: Feed | null = null;

/** Play this game from now on; without a code the one that was played last. */
export function chooseGame(code: string | null = tab.read<string>('keno.game')): void {
  const [first] = games.value;
  const chosen = games.value.find((one) => one.code === code) ?? first;
  if (!chosen) return;
  feed?.end();
  tab.write('keno.game', chosen.code);
  batch(() => {
    game.value = chosen;
    current.value = null;
    recent.value = [];
    connected.value = true;
  });
  feed = follow(chosen);
}

/** Connect anew and read the state: for a page that comes back from the background. */
export function wakeFeed(): void {
  feed?.wake();
}

export function endFeed(): void {
  feed?.end();
}

/** A round by its id, as far as this page has seen it. */
export function findRound(roundId: number): Round | undefined {
  return [current.value, ...recent.value].find((one) => one?.round_id === roundId) ?? undefined;
}

function follow(own: Game): Feed {
  let seq = 0;
  let heardAt = performance.now();
  let reading = false;
  let ended = false;

  /** Read the state over HTTP. */
  async function read(): Promise<void> {
    if (reading) return;
    reading = true;
    heardAt = performance.now();
    try {
      const path = `games/${own.code}`;
      const [now, draws] = await Promise.all([
        call<Round & { server_time: string; seq: number }>('GET', `${path}/rounds/current`),
        get<Round[]>(`${path}/draws?count=${RECENT}`),
      ]);
      if (ended) return;
      clock.observe(now.data.server_time, now.sentAt, now.receivedAt);
      batch(() => {
        for (const one of draws.reverse()) keep(one);
        // Frames that came while this was read are newer than it.
        if (now.data.seq >= seq) keep(now.data);
        seq = Math.max(seq, now.data.seq);
      });
      announce(current.value!, 'read');
    } catch {
      // Without an answer the watch tries again.
    } finally {
      reading = false;
    }
  }

  function take(frame: RoundFrame, startedAt: number): void {
    heardAt = performance.now();
    if (frame.type === 'hello') {
      clock.observe(frame.server_time, startedAt, heardAt);
      if (frame.seq === seq) return;
      if (frame.seq < seq) seq = 0;
      void read();
    } else if (frame.seq > seq) {
      const missed = seq > 0 && frame.seq > seq + 1;
      seq = frame.seq;
      hear(frame);
      if (missed) void read();
    }
  }

  /** What a frame has to say besides its number, if it has anything: the rest is what is known of its round. */
  function hear({ type = '', ...news }: RoundFrame): void {
    const event = EVENT.exec(type)?.[1] as keyof typeof STATUS | undefined;
    if (!event) return;
    const known = findRound(news.round_id);
    // A round that was never heard of opens with all that there is to know; of any other it is read.
    if (!known && event !== 'opened') return void read();
    const round: Round = { ...known, ...news, status: STATUS[event], game: own.code };
    batch(() => keep(round));
    announce(round, event);
  }

  /** Silence for longer than a round takes means that frames are lost, whatever the socket says. */
  function mind(): void {
    const patience = connected.value ? own.interval_seconds * 1000 + SILENCE_MS : SILENCE_MS;
    if (performance.now() - heardAt < patience) return;
    if (connected.value) stream.renew();
    void read();
  }

  const stream = openStream<RoundFrame>(`/ws/v1/games/${own.code}?lean=1`, {
    frame: take,
    state: (isConnected) => (connected.value = isConnected),
  });
  const watch = setInterval(mind, WATCH_MS);
  void read();
  return {
    wake() {
      if (ended) return;
      stream.renew();
      void read();
    },
    end() {
      ended = true;
      clearInterval(watch);
      stream.end();
    },
  };
}

/** Put a round where it belongs. News of a round never take it backwards. */
function keep(one: Round): void {
  const known = findRound(one.round_id);
  if (known && RANK[known.status] > RANK[one.status]) return;
  const round: Round = { ...known, ...one };
  const now = current.value;
  const ahead = !now || (round.number > now.number && round.status !== 'void');
  if (ahead || round.number === now.number) current.value = round;
  if (!round.numbers) return;
  const others = recent.value.filter((each) => each.round_id !== round.round_id);
  recent.value = [round, ...others].sort((a, b) => b.number - a.number).slice(0, RECENT);
}

function announce(round: Round, event: RoundEvent): void {
  if (event === 'opened') tell('round.opened', round);
  if (event === 'drawn') tell('round.drawn', round);
  for (const listener of listeners) listener(round, event);
}
