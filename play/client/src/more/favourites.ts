/** The player's favourite sets of numbers, kept on this device for each player. */

import { computed, signal } from '../signals';

import { device } from '../memory';
import { session } from '../state/session';

export const FAVOURITES_MAX = 12;

const changed = signal(0);

function name(): string {
  return `keno.favourites.${session.value?.operator_slug}.${session.value?.player_token}`;
}

/** The newest first. */
export const favourites = computed<number[][]>(() => {
  void changed.value;
  return device.read<number[][]>(name()) ?? [];
});

export function isFavourite(picks: number[]): boolean {
  return favourites.value.some((one) => String(one) === String(picks));
}

/** Keep a set, or forget it when it is kept already. */
export function toggleFavourite(picks: number[]): void {
  const others = favourites.value.filter((one) => String(one) !== String(picks));
  const isNew = others.length === favourites.value.length;
  device.write(name(), isNew ? [picks, ...others].slice(0, FAVOURITES_MAX) : others);
  changed.value += 1;
}
