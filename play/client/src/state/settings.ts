/** What the player has chosen for this device. */

import { computed, effect, signal } from '../signals';

import { device } from '../memory';

export type Motion = 'system' | 'off' | 'brief' | 'full';
export type Theme = 'system' | 'light' | 'dark';

/** A signal that this device remembers. */
function kept<T>(name: string, start: T) {
  const own = signal<T>(device.read<T>(name) ?? start);
  effect(() => device.write(name, own.value));
  return own;
}

export const sound = kept('keno.sound', false);
export const haptics = kept('keno.haptics', true);
export const motion = kept<Motion>('keno.motion', 'system');
export const theme = kept<Theme>('keno.theme', 'system');

const still = matchMedia('(prefers-reduced-motion: reduce)');
const prefersStill = signal(still.matches);
still.onchange = () => (prefersStill.value = still.matches);
const savesData = Boolean((navigator as { connection?: { saveData?: boolean } }).connection?.saveData);

/** How much moves: what the player chose, else what the device asks for. */
export const motionNow = computed<'off' | 'brief' | 'full'>(() => {
  if (motion.value !== 'system') return motion.value;
  return prefersStill.value ? 'off' : savesData ? 'brief' : 'full';
});

const page = document.documentElement.dataset;
/** Looks that are only tried have a theme of their own. */
const tried = page.theme;

effect(() => {
  page.motion = motionNow.value;
  const wanted = tried ?? theme.value;
  if (wanted === 'system') delete page.theme;
  else page.theme = wanted;
});

/** A short push where the device can and the player wants it. */
export function buzz(pattern: number | number[]): void {
  if (haptics.value && motionNow.value !== 'off') navigator.vibrate?.(pattern);
}

// What makes sounds is fetched by those who want to hear them.
effect(() => {
  if (sound.value) import('../screens/shared/sound').catch(() => {});
});
