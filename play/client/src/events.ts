/**
 * What happens in the game, for whoever wants to know: the page around this one, sounds, haptics, the screen reader.
 *
 * `ready` the session; `door` why there is no game; `round.opened`, `round.drawn` the round; `bet.placed` the placed
 * ticket; `bet.settled` the bets; `balance` the amount; `refused` a refusal; `limit` a refusal by a limit;
 * `reality` due, continued or stopped; `excluded` the exclusion; `language` its code; `picked`, `unpicked` the number.
 */

import type { Refused } from './net/api';
import type { Bet, Placed } from './state/bets';
import type { Round } from './state/feed';
import type { Session } from './state/session';

export interface Events {
  ready: Session;
  door: string;
  'round.opened': Round;
  'round.drawn': Round;
  'bet.placed': Placed;
  'bet.settled': Bet[];
  balance: string;
  refused: Refused | Error;
  'limit.reached': { kind: string; period: string | null };
  reality_check: 'due' | 'continued' | 'stopped';
  excluded: { kind: string; until: string | null };
  language: string;
  picked: number;
  unpicked: number;
}

type Listener = <K extends keyof Events>(type: K, subject: Events[K]) => void;

const listeners = new Set<Listener>();

/** Hear everything from now on; the answer is a function that ends it. */
export function listen(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function tell<K extends keyof Events>(type: K, subject: Events[K]): void {
  for (const listener of listeners) listener(type, subject);
}
