/**
 * The operator's page around this one: it is told what happens, and may ask for a little. Fetched in a frame only.
 *
 * Only origins that the operator has allowed are spoken to and heard. docs/embedding.md describes every message.
 */

import type { Events } from './events';
import { type Bet, readBalance } from './state/bets';
import type { Round } from './state/feed';
import { changeLanguage } from './state/language';
import { closeScreen, openScreen, SCREENS, type ScreenName } from './state/route';
import { paused, type Session } from './state/session';
import { sound, theme, type Theme } from './state/settings';

const VERSION = 1;
const KEPT = 50;
const ANSWER_MS = 500;
const REASONS: Record<string, string> = {
  'session.open': 'session_missing',
  'connection.lost': 'connection_lost',
  'round.closed': 'no_game',
};

/** What the operator's page may ask for; what it says is not trusted to be well formed. */
export interface Hears {
  refresh(): void;
  pause(isPaused: boolean): void;
  language(code: unknown): void;
  theme(name: unknown): void;
  sound(on: boolean): void;
  screen(name: unknown): void;
}

/** How it is done here. */
export const hears: Hears = {
  refresh: () => void readBalance(),
  pause: (isPaused) => (paused.value = isPaused),
  language: (code) => void changeLanguage(String(code)).catch(() => {}),
  theme: (name) => {
    if (['light', 'dark', 'system'].includes(name as string)) theme.value = name as Theme;
  },
  // The page around may silence this one, and never make it loud.
  sound: (on) => {
    if (!on) sound.value = false;
  },
  screen: (name) => {
    if (SCREENS.includes(name as ScreenName)) openScreen(name as ScreenName);
    else if (name === 'game') closeScreen();
  },
};

interface Heard {
  target?: unknown;
  type?: unknown;
  [member: string]: unknown;
}

export class Host {
  readonly #allowed: string[];
  readonly #hears: Hears;
  #origin: string | null = null;
  #unsent: object[] = [];
  #opening = 0;
  #session: Session | null = null;
  readonly #settled = new Set<string>();

  /** `allowed`: the origins; `likely`: who seems to embed this. */
  constructor(allowed: string[], hears: Hears, likely = likelyOrigin()) {
    this.#allowed = allowed;
    this.#hears = hears;
    // With one origin it can be no other. With several and nothing known, its first message tells which.
    if (allowed.includes(likely)) this.#origin = likely;
    else if (allowed.length === 1) this.#origin = allowed[0]!;
    document.documentElement.dataset.embedded = '';
    addEventListener('message', (event) => this.#take(event));
    addEventListener('click', (event) => this.#clicked(event));
    new ResizeObserver(() => this.#send('resized', { height: document.body.offsetHeight })).observe(document.body);
  }

  /** What happened, with what it happened to; here it becomes the message that is documented. */
  tell<K extends keyof Events>(type: K, subject: Events[K]): void {
    const all = subject as never;
    if (type === 'ready') this.#ready(all);
    else if (type === 'door') this.#door(all);
    else if (type === 'round.opened') this.#send(type, roundFacts(all));
    else if (type === 'bet.placed') for (const bet of (all as { ticket: Bet[] }).ticket) this.#send(type, this.#facts(bet));
    else if (type === 'bet.settled') for (const bet of all as Bet[]) this.#tellSettled(bet);
    else if (type === 'balance') this.#send(type, { balance: subject, currency: this.#session?.currency });
    else if (type === 'refused') this.#tellRefusal(all);
    else if (type === 'language') this.#send(type, { language: subject });
    else if (type === 'reality_check') this.#send(type, { state: subject });
    else if (type === 'limit.reached') this.#send(type, subject as object);
    else if (type === 'excluded') this.#send(type, { kind: (all as Events['excluded']).kind, until: (all as Events['excluded']).until });
  }

  #ready(session: Session): void {
    this.#session = session;
    const { session_id, session_reference, mode, currency } = session;
    this.#send('ready', { session_id, session_reference, mode, currency, language: document.documentElement.lang });
  }

  #door(reason: string): void {
    if (reason === 'session.ended') this.#send('session.expired');
    else this.#send('error', { code: REASONS[reason] });
  }

  #tellSettled(bet: Bet): void {
    if (this.#settled.has(bet.id)) return;
    this.#settled.add(bet.id);
    this.#send('bet.settled', { ...this.#facts(bet), win_amount: bet.win_amount ?? null });
  }

  #tellRefusal(error: { code?: string; message: string; moneyMoved?: string | null }): void {
    const { code = 'unexpected', message, moneyMoved = null } = error;
    this.#send('error', { code, message, money_moved: moneyMoved });
  }

  #facts({ id, round_id, game, picks, stake, status }: Bet): object {
    return { bet_id: id, round_id, game, picks, stake, currency: this.#session?.currency, status };
  }

  #send(type: string, facts: object = {}): void {
    const message = { source: 'keno', version: VERSION, type, ...facts };
    if (this.#origin) window.parent.postMessage(message, this.#origin);
    else this.#unsent = [...this.#unsent, message].slice(-KEPT);
  }

  #take({ source, origin, data }: MessageEvent<Heard | null>): void {
    if (source !== window.parent || !this.#allowed.includes(origin) || data?.target !== 'keno') return;
    this.#origin ??= origin;
    if (origin !== this.#origin) return;
    for (const message of this.#unsent.splice(0)) window.parent.postMessage(message, origin);
    if (data.type === 'hello' && this.#session) this.#ready(this.#session);
    else if (data.type === 'open.handled') clearTimeout(this.#opening);
    else if (data.type === 'balance.refresh') this.#hears.refresh();
    else if (data.type === 'pause') this.#hears.pause(data.paused !== false);
    else if (data.type === 'language') this.#hears.language(data.language);
    else if (data.type === 'theme') this.#hears.theme(data.theme);
    else if (data.type === 'sound') this.#hears.sound(data.sound === true);
    else if (data.type === 'screen') this.#hears.screen(data.screen);
  }

  /** A way to one of the operator's pages: the host opens it, or else, without an answer of it, the link itself. */
  #clicked(event: MouseEvent): void {
    const way = (event.target as Element).closest<HTMLAnchorElement>('[data-way]');
    if (!way || !this.#origin) return;
    event.preventDefault();
    this.#send('open', { target: way.dataset.way, url: way.href });
    clearTimeout(this.#opening);
    this.#opening = window.setTimeout(() => window.open(way.href, '_top'), ANSWER_MS);
  }
}

function roundFacts({ game, round_id, number, closes_at }: Round): object {
  return { game, round_id, number, closes_at };
}

/** Who embeds this page by what the browser says; empty when it does not say. */
function likelyOrigin(): string {
  if (location.ancestorOrigins?.length) return location.ancestorOrigins[0]!;
  try {
    return new URL(document.referrer).origin;
  } catch {
    return '';
  }
}
