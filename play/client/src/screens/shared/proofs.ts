/** Ways to the verifier, and what a player can take there. */

import { get } from '../../net/api';
import { ticketOf, type Bet } from '../../state/bets';
import { language } from '../../texts';

interface Link {
  href: string;
  target: string;
  rel: string;
}

/** The address at which a round, and in it a bet, can be checked; without a round the verifier itself. */
export function proofLink(roundId?: number, betId?: string): Link {
  const query = new URLSearchParams({ lang: language.value });
  if (roundId !== undefined) query.set('round', String(roundId));
  if (betId !== undefined) query.set('bet', betId);
  // `opener`, so that the session of this tab is there too, for the player's own bets.
  return { href: `/verify?${query.toString()}`, target: '_blank', rel: 'opener' };
}

/** A bet's receipt, signed by the server, as a file that the verifier takes. Throws as `get` does. */
export async function saveReceipt(bet: Bet): Promise<void> {
  const signed = await get<Bet>(`bets/${bet.id}?sign_receipt=true`);
  const file = new Blob([JSON.stringify(signed, null, 2)], { type: 'application/json' });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = `keno-${ticketOf(bet)}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}

const KEPT_MS = 60_000;
