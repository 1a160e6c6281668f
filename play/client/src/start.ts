/** From an address to a game that can be played, and back to sleep and awake. */

import { embed } from './embedding';
import { tell } from './events';
import { caller, Refused } from './net/api';
import { operator } from './page';
import { bets, endPlayer, followPlayer, wakePlayer } from './state/bets';
import { followDraws } from './state/draw';
import { begin, preferred } from './state/language';
import { chooseGame, endFeed, readGames, wakeFeed } from './state/feed';
import { protection } from './state/limits';
import { startCounting } from './state/moment';
import { readPaytable } from './state/paytable';
import { resumePlacing } from './state/placing';
import { enterSession, forgetSession, playing, session, shut, type Door, type Session } from './state/session';
import { setStake, stakeMin, stakeTyped } from './state/slip';
import { say } from './state/spoken';
import { t } from './texts';

/** Enter the session and begin; without one, or without an answer, say so. */
export async function start(): Promise<void> {
  caller.ended = ended;
  embed();
  try {
    const own = await enterSession(operator);
    if (own) await open(own);
    else {
      await begin(preferred());
      shut({ reason: 'session.open' });
    }
  } catch (error) {
    if (!session.value || caller.token) {
      console.error(error);
      await begin(preferred(session.value)).catch(() => {});
      shut(error instanceof Refused ? { reason: error.message } : { reason: 'connection.lost', again: true });
      addEventListener('online', () => location.reload());
    }
  }
}

async function open(own: Session): Promise<void> {
  const [games] = await Promise.all([readGames(), readPaytable(), begin(preferred(own))]);
  if (!games.length) return shut({ reason: 'round.closed', again: true });
  if (stakeTyped.value === '') setStake(stakeMin.value);
  followDraws();
  followPlayer();
  startCounting();
  chooseGame();
  playing.value = true;
  document.title = own.brand;
  tell('ready', own);
  if (bets.value.length) say(t('session.resumed', { count: bets.value.length }));
  resumePlacing();
  document.addEventListener('visibilitychange', () => document.hidden || wake());
  addEventListener('online', wake);
}

function wake(): void {
  if (!playing.value) return;
  wakeFeed();
  wakePlayer();
}

function ended(): void {
  forgetSession();
  endFeed();
  endPlayer();
  // Ended while it began: there are no texts yet.
  const spoken = playing.value ? Promise.resolve() : begin(preferred(session.value)).catch(() => {});
  void spoken.then(whyEnded).then(shut);
}

async function whyEnded(): Promise<Door> {
  const exclusion = protection.value?.exclusion;
  if (exclusion) return (await import('./ending')).afterExclusion(exclusion);
  return { reason: 'session.ended', reopen: true };
}
