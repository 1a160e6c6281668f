/** Which screen is open over the game: the address behind the `#`, so that the way back leads to the game. */

import { signal } from '../signals';

export const SCREENS = [
  'history',
  'statistics',
  'paytable',
  'rules',
  'tutorial',
  'fairness',
  'responsible',
  'settings',
] as const;
export type ScreenName = (typeof SCREENS)[number];

/** The open screen, or null: the game. */
export const screen = signal<ScreenName | null>(read());
/** What has come up from the edge: the menu, or more options of the slip. */
export const sheet = signal<'menu' | 'options' | null>(null);
/** How many steps back lead to the game, as far as this page made them. */
let depth = 0;

addEventListener('hashchange', () => {
  screen.value = read();
  if (!screen.value) depth = 0;
});

export function openScreen(name: ScreenName): void {
  if (screen.value === name) return;
  depth += 1;
  location.hash = `#/${name}`;
}

export function closeScreen(): void {
  if (depth > 0) history.go(-depth);
  else location.hash = '#/';
}

function read(): ScreenName | null {
  const name = location.hash.replace(/^#\/?/, '') as ScreenName;
  return SCREENS.includes(name) ? name : null;
}
