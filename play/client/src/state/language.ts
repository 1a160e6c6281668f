/** The language that the page speaks: the player's own choice, else the session's, else the operator's. */

import { tell } from '../events';
import { tab } from '../memory';
import { caller } from '../net/api';
import { languages } from '../page';
import { errorsLanguage, speak } from '../texts';
import type { Session } from './session';

const CHOSEN = 'keno.language';
const PAGE = document.documentElement.lang;

/** The language to begin with. */
export function preferred(session: Session | null = null): string {
  const wanted = [tab.read<string>(CHOSEN), session?.language];
  return wanted.find((code): code is string => isOffered(code)) ?? PAGE;
}

/** Speak a language from the beginning on. Throws when its texts do not come. */
export async function begin(code: string): Promise<void> {
  caller.language = code;
  await speak(code);
  caller.language = errorsLanguage();
}

/** Speak another language, as the player or the operator's page wants it. Throws when its texts do not come. */
export async function changeLanguage(code: string): Promise<void> {
  if (!isOffered(code)) return;
  await speak(code);
  caller.language = errorsLanguage();
  tab.write(CHOSEN, code);
  tell('language', code);
}

function isOffered(code: string | null | undefined): boolean {
  return languages.some(([offered]) => offered === code);
}
