/** Why the game has ended, where there is more to say than that. */

import { dateTime } from './dates';
import type { Protection } from './state/limits';
import type { Door } from './state/session';

/** A player who has just taken a break is told of that, and not how to come back. */
export function afterExclusion({ kind, until }: NonNullable<Protection['exclusion']>): Door {
  if (until === null) return { reason: 'protection.excluded_for_ever' };
  const reason = kind === 'cool_off' ? 'protection.on_break_until' : 'protection.excluded_until';
  return { reason, values: { time: dateTime(until) } };
}
