/** What is said to those who do not see the page. */

import { signal } from '../signals';

export const spoken = signal('');

/** Say it once more even when it is the same. */
export function say(text: string): void {
  spoken.value = spoken.peek() === text ? `${text}\u200b` : text;
}
