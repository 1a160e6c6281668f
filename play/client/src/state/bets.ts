/** The player's own bets and balance, as the server tells them. */

import { batch, signal } from '../signals';

import { tell } from '../events';
import { caller, get } from '../net/api';
import { openStream } from '../net/stream';
import { onRound, recent } from './feed';
import { session } from './session';

const KEPT = 20;
const OVERDUE_MS = 3000;
const LONGEST_WAIT_MS = 60_000;
const CLOSE_FRAMES_MS = 500;
const BALANCE_FRAME_MS = 3000;
const ASKED_ONE_BY_ONE = 10;
const UNAUTHENTICATED = 4401;

export type BetStatus = 'pending' | 'won' | 'lost' | 'rolled_back' | 'cancelled';

export interface Bet {
  id: string;
  ticket_id: string | null;
  round_id: number;
  game: string;
  picks: number[];
  pick_count: number;
  stake: string;
  currency: string;
  paytable_id: string;
  potential_max_win: string;
  status: BetStatus;
  hits: number | null;
  multiplier: string | null;
  win_amount: string | null;
  created_at: string;
  receipt: string;
}

/** The answer to a placement: the first bet, and for a ticket all of them in the order of their rounds. */
export interface Placed extends Bet {
  ticket: Bet[];
}

interface PlayerFrame {
  type: string;
  bets?: (string | Partial<Bet>)[];
  balance?: string;
}

/** Newest first. */
export const bets = signal<Bet[]>([]);
/** What the server said last; null until it has said. */
export const balance = signal<string | null>(null);
/** When it said so, on this page's own clock. */
export const balanceAt = signal(-Infinity);
/** The stream of the player's own news stands. */
export const playerConnected = signal(true);

type FrameListener = (frame: PlayerFrame & Record<string, unknown>) => void;
const frameListeners = new Set<FrameListener>();

/** Hear every frame of the player's own stream. */
export function onPlayerFrame(listener: FrameListener): void {
  frameListeners.add(listener);
}

export function betsOf(roundId: number): Bet[] {
  return bets.value.filter((bet) => bet.round_id === roundId);
}

/** A bet's number for people: the end of its id, where chance makes it differ. */
export function ticketOf(bet: { id: string }): string {
  return bet.id.slice(-6).toUpperCase();
}

let ready = false;
let reading: { again: boolean } | null = null;
let heardAt = -Infinity;
let due = 0;
let hasAll = false;
let ended = false;
const expected = new Set<number>();
let stream: ReturnType<typeof openStream> | null = null;

/** Begin to hear of the session's player. */
export function followPlayer(): void {
  const { session_token: token, pending_bets: pending } = session.value!;
  merge(pending ?? []);
  stream = openStream<PlayerFrame>('/ws/v1/player', {
    open: (send) => send({ type: 'auth', token }),
    frame: take,
    state: (isConnected) => {
      playerConnected.value = isConnected;
      ready &&= isConnected;
    },
    refused: (code) => {
      if (code === UNAUTHENTICATED) caller.ended();
      return code === UNAUTHENTICATED;
    },
  });
  onRound((round, event) => {
    if (event === 'drawn' || event === 'voided') expect(round.round_id);
    // Without a stream this is how the end of a round is noticed.
    if (event === 'read') for (const one of recent.value) expect(one.round_id);
  });
  void read();
}

export function endPlayer(): void {
  ended = true;
  clearTimeout(due);
  stream?.end();
}

export function wakePlayer(): void {
  if (ended) return;
  stream?.renew();
  void read();
}

/** A ticket that the server has just accepted. The stream tells the balance; without it, it is read. */
export function addPlaced(placed: Placed): void {
  merge(placed.ticket);
  if (!ready) void readBalance();
}

/** Ask for the balance. With a wallet of the operator's own, the server asks it. */
export async function readBalance(): Promise<void> {
  if (ended) return;
  const path = `wallet/accounts/${encodeURIComponent(session.value!.player_token)}`;
  const account = await get<{ balance: string | null }>(path).catch(() => null);
  if (account && account.balance !== null) show(account.balance);
}

/** Read bets and balance. Calls that overlap share one reading, and one more follows it. */
async function read(): Promise<void> {
  if (reading) {
    reading.again = true;
    return;
  }
  if (ended) return;
  const own = (reading = { again: false });
  try {
    const [page] = await Promise.all([get<{ results: Bet[] }>(`bets?limit=${KEPT}`), readBalance()]);
    const older = await readOlder(page.results);
    const before = new Map(bets.value.map((bet) => [bet.id, bet.status]));
    merge([...page.results, ...older]);
    const news = bets.value.filter((bet) => before.get(bet.id) === 'pending' && bet.status !== 'pending');
    if (news.length) tell('bet.settled', news);
  } catch {
    // The next frame, round or waking reads again.
  } finally {
    reading = null;
    if (own.again) void read();
  }
}

/** Bets that wait for their draw, and are too old for the page that was read: at first all, then those known. */
async function readOlder(page: Bet[]): Promise<Bet[]> {
  if (!hasAll) {
    const { results } = await get<{ results: Bet[] }>('bets?status=pending&limit=100');
    hasAll = true;
    return results;
  }
  const known = new Set(page.map((bet) => bet.id));
  const older = bets.value.filter((bet) => bet.status === 'pending' && !known.has(bet.id));
  return Promise.all(older.slice(-ASKED_ONE_BY_ONE).map((bet) => get<Bet>(`bets/${bet.id}`)));
}

/** A round with numbers, or void: its bets must be told soon, or they are asked for, until they are known. */
function expect(roundId: number, wait = OVERDUE_MS): void {
  const pending = (): boolean => betsOf(roundId).some((bet) => bet.status === 'pending');
  if (ended || expected.has(roundId) || !pending()) return;
  expected.add(roundId);
  setTimeout(() => {
    expected.delete(roundId);
    if (pending()) void read();
    expect(roundId, Math.min(2 * wait, LONGEST_WAIT_MS));
  }, wait);
}

function take(frame: PlayerFrame): void {
  if (frame.type === 'ready') {
    ready = true;
    void read();
  } else if (frame.type === 'bet.accepted') {
    hear(frame.balance);
    const known = new Set(bets.value.map((bet) => bet.id));
    // Another tab's, or our own whose answer is on its way still.
    if (!frame.bets!.every((id) => known.has(id as string))) void read();
  } else if (frame.type === 'bet.settled') {
    const settled = frame.bets as Partial<Bet>[];
    if (frame.balance ?? settled.some((bet) => bet.status !== 'lost')) hear(frame.balance);
    settle(settled);
  } else if (frame.type === 'balance') {
    hear(frame.balance);
  }
  for (const listener of frameListeners) listener(frame as PlayerFrame & Record<string, unknown>);
}

/** Frames of two processes that come close together may come in either order: then the server is asked. */
function hear(told: string | undefined): void {
  clearTimeout(due);
  // The operator's wallet has it, and a frame of its own brings it soon.
  if (told === undefined) {
    due = window.setTimeout(() => void readBalance(), BALANCE_FRAME_MS);
    return;
  }
  show(told);
  const now = performance.now();
  if (now - heardAt < CLOSE_FRAMES_MS) void readBalance();
  heardAt = now;
}

function show(told: string): void {
  const isNew = told !== balance.value;
  batch(() => {
    balance.value = told;
    balanceAt.value = performance.now();
  });
  if (isNew) tell('balance', told);
}

function settle(settled: Partial<Bet>[]): void {
  const news = new Map(settled.map((bet) => [bet.id, bet]));
  const known = bets.value.filter((bet) => news.has(bet.id));
  if (known.length < news.size) void read();
  merge(known.map((bet) => ({ ...bet, ...news.get(bet.id) })));
  const told = bets.value.filter((bet) => news.has(bet.id));
  if (told.length) tell('bet.settled', told);
}

/** News win over what is known, except that nothing settled becomes pending again. */
function merge(more: Bet[]): void {
  const all = new Map(bets.value.map((bet) => [bet.id, bet]));
  for (const bet of more) {
    const known = all.get(bet.id);
    if (!known || known.status === 'pending' || bet.status !== 'pending') all.set(bet.id, { ...known, ...bet });
  }
  // Ids carry their time: the greatest is the newest.
  const newest = [...all.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
  bets.value = newest.filter((bet, index) => index < KEPT || bet.status === 'pending');
}
