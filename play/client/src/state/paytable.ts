/** What each count of numbers pays, and what it returns. */

import { computed, signal } from '../signals';

import { get } from '../net/api';

export interface PaytableRow {
  pick_count: number;
  /** By hits, the multiplier of the stake as a decimal string. */
  multipliers: Record<string, string>;
  rtp: string;
  rtp_exact: string;
  house_edge: string;
  hit_frequency: string;
  standard_deviation: string;
}

export interface Paytable {
  id: string;
  name: string;
  version: number;
  hash: string;
  picks: PaytableRow[];
}

export const paytable = signal<Paytable | null>(null);
/** The counts of numbers that can be chosen, in order. */
export const pickCounts = computed(() => paytable.value?.picks.map((row) => row.pick_count) ?? []);
export const maxPicks = computed(() => Math.max(0, ...pickCounts.value));

export async function readPaytable(): Promise<void> {
  paytable.value = await get<Paytable>('paytables/active');
}

export function rowOf(count: number): PaytableRow | undefined {
  return paytable.value?.picks.find((row) => row.pick_count === count);
}

/** Hits and multiplier of all lines that pay, the best first. */
export function linesOf(row: PaytableRow): [hits: number, multiplier: string][] {
  return Object.entries(row.multipliers)
    .map(([hits, factor]): [number, string] => [Number(hits), factor])
    .filter(([, factor]) => Number(factor) > 0)
    .sort(([a], [b]) => b - a);
}

/** The greatest multiplier of a pick count, as the server gave it; null for a count that is not offered. */
export function topOf(count: number): string | null {
  const all = Object.values(rowOf(count)?.multipliers ?? {});
  return all.length ? all.reduce((best, each) => (Number(each) > Number(best) ? each : best)) : null;
}
