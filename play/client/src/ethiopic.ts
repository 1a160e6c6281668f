/**
 * Letters for Amharic and Tigrinya on devices that have none. Android brings them; some desktops and old phones show
 * boxes instead, all of one width, and by that they are known.
 *
 * The file is fetched only then, and put to use when it is there: until it is, the page can be read by nobody, so there
 * is nothing to keep from being moved.
 */

import address from './ethiopic.woff2';

/** Narrow ones and wide ones. */
const LETTERS = ['ተ', 'ሰ', 'ጩ', 'ሜ', 'ዐ', 'ጨ'];
/** As the style sheet names it, behind the system's own font and before any other. */
const FAMILY = 'Noto Sans Ethiopic';

let asked = false;

/** Load the letters if the device lacks them. A failure leaves the boxes. */
export async function lendLetters(): Promise<void> {
  if (asked || hasLetters()) return;
  asked = true;
  const font = new FontFace(FAMILY, `url(${address})`, { display: 'optional' });
  document.fonts.add(await font.load());
}

/** Whether the device draws Ethiopic letters: real ones differ in width, the boxes of missing ones do not. */
export function hasLetters(): boolean {
  const paper = document.createElement('canvas').getContext('2d');
  if (!paper) return true;
  paper.font = '32px system-ui, "Noto Sans Ethiopic", sans-serif';
  return new Set(LETTERS.map((letter) => paper.measureText(letter).width)).size > 1;
}
