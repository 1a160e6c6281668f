/** How long the session lasts and what it has come to: in sight where the profile of rules wants that. */

import { useEffect, useState } from 'preact/hooks';

import { listen } from '../events';
import { clockface, money } from '../format';
import { clock } from '../net/clock';
import { profile, protection, readProtection } from '../state/limits';
import { t } from '../texts';

const SECOND_MS = 1000;
/** A read waits for the payouts of its round, and readings keep their distance. */
const AFTER_MS = 1500;
const APART_MS = 15_000;

export default function Meter() {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), SECOND_MS);
    return () => clearInterval(timer);
  }, []);
  useEffect(followResult, []);
  const [own, rules] = [protection.value?.session, profile.value];
  if (!own || !rules) return null;
  const elapsed = clock.known ? -clock.until(own.started_at) / SECOND_MS : own.elapsed_seconds;
  return (
    <>
      {rules.show_elapsed && (
        <span>{t('protection.time_short', { time: clockface(Math.max(0, Math.floor(elapsed))) })}</span>
      )}
      {rules.show_net_position && <span>{t('protection.net_short', { amount: money(own.net_position) })}</span>}
    </>
  );
}

/** Keep the result true: it is read anew after bets were placed or settled. */
function followResult(): () => void {
  let timer = 0;
  let readAt = -Infinity;
  const read = (): void => {
    timer = 0;
    readAt = performance.now();
    readProtection().catch(() => {});
  };
  const due = (): void => {
    timer ||= window.setTimeout(read, Math.max(AFTER_MS, readAt + APART_MS - performance.now()));
  };
  due();
  const end = listen((type) => {
    if (type === 'bet.placed' || type === 'bet.settled') due();
  });
  return () => {
    end();
    clearTimeout(timer);
  };
}
