/** What the player decides about limits, breaks and reality checks. */

import { tell } from '../events';
import { call } from '../net/api';
import { changed, type Protection, realityCheck } from './limits';

/** Ask for a change (`docs/protection.md` lists the calls) and keep the answer. Throws as `call` does. */
export async function changeProtection(method: string, path: string, body?: unknown): Promise<Protection> {
  const { data } = await call<Protection>(method, `protection/${path}`, { body });
  changed.value = data;
  if (data.exclusion) tell('excluded', data.exclusion);
  return data;
}

/** The player's answer to the reality check. Throws as `call` does. */
export async function answerRealityCheck(choice: 'continue' | 'stop'): Promise<void> {
  await changeProtection('POST', 'reality-checks', { choice });
  realityCheck.value = null;
  tell('reality_check', choice === 'stop' ? 'stopped' : 'continued');
}
