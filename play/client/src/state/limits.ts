/** What protects the player: the profile of rules, limits with what is used, the session's clock, the reality check. */

import { computed, signal } from '../signals';

import { tell } from '../events';
import { get, Refused } from '../net/api';
import { onPlayerFrame } from './bets';
import { session } from './session';

export interface Profile {
  code: string;
  name: string;
  minimum_age: number;
  autobet_allowed: boolean;
  turbo_allowed: boolean;
  game_start_min_ms: number;
  stake_min: string | null;
  stake_max: string | null;
  session_max_minutes: number | null;
  reality_check_minutes: number | null;
  loosening_hours: number;
  show_rtp: boolean;
  show_net_position: boolean;
  show_elapsed: boolean;
  helpline: { name: string; url: string; number: string } | null;
  cool_off_hours: number[];
  exclusion_days: number[];
  exclusion_forever: boolean;
}

export type LimitKind = 'stake' | 'loss' | 'deposit' | 'session';
export type LimitPeriod = 'bet' | 'day' | 'week' | 'month' | 'session';

export interface Limit {
  kind: LimitKind;
  period: LimitPeriod;
  source: 'player' | 'operator' | 'jurisdiction';
  amount: string | null;
  minutes: number | null;
  used: string | null;
  left: string | null;
  resets_at: string | null;
  binding: boolean;
  pending: { amount: string | null; minutes: number | null; effective_from: string } | null;
}

export interface Protection {
  currency: string;
  now: string;
  profile: Profile;
  session: {
    started_at: string;
    elapsed_seconds: number;
    expires_at: string;
    ends_by_limit: boolean;
    staked: string;
    returned: string;
    net_position: string;
  } | null;
  reality_check: { every_minutes: number; due_at: string } | null;
  limits: Limit[];
  limits_offered: { kind: LimitKind; periods: LimitPeriod[] }[];
  exclusion: { exclusion_id: string; kind: string; source: string; from: string; until: string | null } | null;
}

export interface RealityCheck {
  due_at: string;
  every_minutes: number;
  elapsed_seconds: number;
}

/** As it was told since the session was entered. */
export const changed = signal<Protection | null>(null);
/** The newest that the server has told; null where it tells nothing. */
export const protection = computed(() => changed.value ?? session.value?.protection ?? null);
export const profile = computed(() => protection.value?.profile ?? null);
export const autobetAllowed = computed(() => profile.value?.autobet_allowed ?? true);
export const turboAllowed = computed(() => profile.value?.turbo_allowed ?? true);
/** A reality check that the player has to answer. */
export const realityCheck = signal<RealityCheck | null>(null);

/** Read it all anew. Throws as `get` does. */
export async function readProtection(): Promise<void> {
  changed.value = await get<Protection>('protection');
}

/** What a refusal says of a limit is told to the page around this one. */
export function noticeLimit(error: unknown): void {
  const kind = error instanceof Refused && /^(\w+)_limit_reached$/.exec(error.code)?.[1];
  if (kind) tell('limit.reached', { kind, period: ((error as Refused).params.period as string) ?? null });
}

onPlayerFrame((frame) => {
  if (frame.type === 'reality_check') {
    if (!realityCheck.value) tell('reality_check', 'due');
    realityCheck.value = frame as unknown as RealityCheck;
  } else if (frame.type === 'protection.changed') {
    readProtection().catch(() => {});
  }
});
