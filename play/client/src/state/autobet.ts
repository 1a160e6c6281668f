/** The run of bets that the client places by itself, if one goes on. `more/autobet.ts` makes it go. */

import { signal } from '../signals';

export interface AutobetPlan {
  /** So many bets at most. */
  bets: number;
  /** In minor units; null for none. */
  stopAtWin: bigint | null;
  lossMax: bigint | null;
  stopOnAnyWin: boolean;
}

export interface Running extends AutobetPlan {
  placed: number;
  /** Won less staked, in minor units, of bets whose fate is known. */
  net: bigint;
  stop(): void;
}

/** The run that goes on, or null. */
export const autobet = signal<Running | null>(null);
