/** Who plays: the session, entered once with the launch token and kept for this tab. */

import { computed, signal } from '../signals';

import { tell } from '../events';
import { useCurrency } from '../format';
import { tab } from '../memory';
import { call, caller, Refused } from '../net/api';
import type { Bet } from './bets';
import type { Protection } from './limits';

const SESSION = 'keno.session';

export interface Session {
  session_token: string;
  session_id: string;
  session_reference: string;
  mode: 'real' | 'demo';
  player_token: string;
  currency: string;
  currency_exponent: number;
  min_bet: string;
  max_bet: string;
  language: string;
  operator: string;
  operator_slug: string;
  brand: string;
  country: string;
  jurisdiction: string;
  minimum_age: number;
  lobby_url: string | null;
  cashier_url: string | null;
  history_url: string | null;
  reality_check_url: string | null;
  expires_at: string;
  pending_bets: Bet[];
  protection?: Protection;
}

/** Why there is no game: the key of a text; `again` offers to try again, `reopen` tells to come back by a launch. */
export interface Door {
  reason: string;
  values?: Record<string, string>;
  again?: boolean;
  reopen?: boolean;
}

export const session = signal<Session | null>(null);
export const door = signal<Door | null>(null);
/** The game can be played: its first data have come. */
export const playing = signal(false);
/** The operator's page has stopped the game for a while: no new bets. */
export const paused = signal(false);
export const isDemo = computed(() => session.value?.mode === 'demo');

/** Close the game, and say why. */
export function shut(why: Door): void {
  tell('door', why.reason);
  playing.value = false;
  door.value = why;
}

/**
 * The session of the launch address, else the one that this tab has; null without any.
 * Throws NoAnswer when the launch can be tried again.
 */
export async function enterSession(operator: string): Promise<Session | null> {
  const launch = new URLSearchParams(location.search).get('launch');
  let own = tab.read<Session>(SESSION);
  if (launch) {
    own = (await swap(launch)) ?? own;
    // The game of the newest bet that waits for its draw is where the player left off.
    const [newest] = own?.pending_bets ?? [];
    if (newest) tab.write('keno.game', newest.game);
    history.replaceState(null, '', location.pathname + location.hash);
  }
  // A launch of another brand would show its money under this one's name.
  if (own?.operator_slug !== operator) own = null;
  if (!own) {
    tab.forget(SESSION);
    return null;
  }
  // What is pending now will not be when this is read again.
  tab.write(SESSION, { ...own, pending_bets: [] });
  caller.token = own.session_token;
  useCurrency(own.currency, own.currency_exponent);
  session.value = own;
  return own;
}

export function forgetSession(): void {
  tab.forget(SESSION);
  caller.token = '';
}

async function swap(launch: string): Promise<Session | null> {
  try {
    return (await call<Session>('POST', 'sessions/enter', { body: { launch_token: launch } })).data;
  } catch (error) {
    // What forbids this player to play is told; of a launch that is used up there is nothing to tell.
    if (error instanceof Refused && error.status !== 403) return null;
    throw error;
  }
}
