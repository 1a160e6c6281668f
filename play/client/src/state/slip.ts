/** What the player is about to bet: numbers, stake, for how many rounds. */

import { computed, effect, signal } from '../signals';

import { tell } from '../events';
import { minorOf, readAmount, textOf, times } from '../format';
import { tab } from '../memory';
import { autobetAllowed, profile } from './limits';
import { maxPicks, topOf } from './paytable';
import { session } from './session';

const NUMBERS = 80;
export const ROUNDS_MAX = 20;

function kept<T>(name: string, start: T) {
  const own = signal<T>(tab.read<T>(name) ?? start);
  effect(() => tab.write(name, own.value));
  return own;
}

/** In ascending order. */
export const picks = kept<number[]>('keno.picks', []);
/** As it was typed; empty until the session is known. */
export const stakeTyped = kept('keno.stake', '');
const roundsAsked = kept('keno.rounds', 1);
/** For how many rounds in a row the bet is. */
export const rounds = computed(() => Math.min(roundsAsked.value, roundsMax.value));
/** A profile that forbids autobet forbids tickets over several rounds too. */
export const roundsMax = computed(() => (autobetAllowed.value ? ROUNDS_MAX : 1));
export const lastBet = kept<{ picks: number[]; stake: string } | null>('keno.last', null);

export const stakeMin = computed(() => strictest([session.value?.min_bet, profile.value?.stake_min], true));
export const stakeMax = computed(() => strictest([session.value?.max_bet, profile.value?.stake_max], false));

/** The stake in minor units; null when what is typed is not one that is allowed. */
export const stake = computed(() => {
  const typed = readAmount(stakeTyped.value);
  return typed !== null && typed >= stakeMin.value && typed <= stakeMax.value ? typed : null;
});

/** The most that can be won in one round, as a decimal string; null while there is no bet that could be placed. */
export const possibleWin = computed(() => {
  const top = topOf(picks.value.length);
  return stake.value === null || top === null ? null : textOf(times(stake.value, top));
});

function strictest(amounts: (string | null | undefined)[], greatest: boolean): bigint {
  const known = amounts.filter((one): one is string => one != null).map(minorOf);
  return known.reduce((best, one) => (one > best === greatest ? one : best), known[0] ?? 0n);
}

export function setStake(minor: bigint): void {
  stakeTyped.value = textOf(minor < stakeMin.value ? stakeMin.value : minor > stakeMax.value ? stakeMax.value : minor);
}

export function doubleStake(): void {
  setStake((stake.value ?? stakeMin.value) * 2n);
}

export function setRounds(count: number): void {
  roundsAsked.value = Math.min(ROUNDS_MAX, Math.max(1, count));
}

/** Replace the picks; more than the paytable offers are left out. */
export function choose(numbers: Iterable<number>): void {
  const valid = [...new Set(numbers)].filter((one) => Number.isInteger(one) && one >= 1 && one <= NUMBERS);
  picks.value = valid.slice(0, maxPicks.value).sort((a, b) => a - b);
}

/** Take a number, or give it back; false when there are as many as the paytable offers. */
export function toggle(value: number): boolean {
  if (picks.value.includes(value)) {
    choose(picks.value.filter((pick) => pick !== value));
    tell('unpicked', value);
  } else if (picks.value.length < maxPicks.value) {
    choose([...picks.value, value]);
    tell('picked', value);
  } else return false;
  return true;
}

/** `count` numbers by chance, each set equally likely. */
export function quickPick(count: number): void {
  const left = Array.from({ length: NUMBERS }, (_, index) => index + 1);
  choose(Array.from({ length: count }, () => left.splice(below(left.length), 1)[0]!));
}

export function repeatLast(): void {
  if (!lastBet.value) return;
  choose(lastBet.value.picks);
  setStake(minorOf(lastBet.value.stake));
}

/** A number by chance below `limit`, without bias. */
function below(limit: number): number {
  const [value] = crypto.getRandomValues(new Uint32Array(1)) as unknown as [number];
  return value < 2 ** 32 - (2 ** 32 % limit) ? value % limit : below(limit);
}
