/** How long and with what result the session lasts: the player says whether to go on. */

import { useEffect, useState } from 'preact/hooks';

import { clockface, minorOf, money, textOf } from '../format';
import { caller } from '../net/api';
import { protection, readProtection, realityCheck } from '../state/limits';
import { answerRealityCheck } from '../state/protection';
import { openScreen } from '../state/route';
import { session } from '../state/session';
import { t } from '../texts';
import { Button, Dialog, Loading, Problem } from '../ui';
import { Facts } from './shared/parts';

export default function Reality() {
  const [busy, work] = useState(false);
  const [error, fail] = useState<unknown>(null);
  const [fresh, freshen] = useState(false);
  const check = realityCheck.value;
  // The amounts are those of this moment, and not of when the session began.
  const read = (): void => {
    fail(null);
    readProtection().then(() => freshen(true), fail);
  };
  useEffect(read, []);
  if (!check) return null;
  const own = fresh ? protection.value?.session : null;
  const answer = async (choice: 'continue' | 'stop', then?: () => void): Promise<void> => {
    work(true);
    fail(null);
    try {
      await answerRealityCheck(choice);
      if (choice === 'stop') caller.ended();
      then?.();
    } catch (problem) {
      fail(problem);
      work(false);
    }
  };
  const history = session.value?.history_url;
  return (
    <Dialog title={t('reality.title')} id="reality" closable={false} onClose={() => {}}>
      <p>{t('reality.elapsed', { time: clockface(check.elapsed_seconds) })}</p>
      {own && (
        <>
          <p class="net">{resultOf(own.net_position)}</p>
          <Facts
            facts={[
              { name: t('reality.staked'), value: <bdi>{money(own.staked)}</bdi> },
              { name: t('reality.returned'), value: <bdi>{money(own.returned)}</bdi> },
            ]}
          />
        </>
      )}
      {!own && error === null && <Loading />}
      {error !== null && <Problem error={error} again={own ? undefined : read} />}
      <div class="steps">
        <Button disabled={busy} onClick={() => void answer('stop')}>
          {t('reality.stop')}
        </Button>
        <Button disabled={busy} onClick={() => void answer('continue')}>
          {t('reality.continue')}
        </Button>
      </div>
      <p class="links">
        <Button kind="quiet" disabled={busy} onClick={() => void answer('continue', () => openScreen('responsible'))}>
          {t('reality.limits')}
        </Button>
        {history && (
          <a href={history} target="_top">
            {t('page.history')}
          </a>
        )}
      </p>
    </Dialog>
  );
}

/** In plain words: what is lost is said as plainly as what is won. */
function resultOf(net: string): string {
  const minor = minorOf(net.replace('-', ''));
  if (minor === 0n) return t('reality.even');
  return t(net.startsWith('-') ? 'reality.lost' : 'reality.won', { amount: money(textOf(minor)) });
}
