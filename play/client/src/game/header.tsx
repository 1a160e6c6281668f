import { money, seconds } from '../format';
import { cashier, home, logo, operatorName } from '../page';
import { balance, balanceAt, playerConnected } from '../state/bets';
import { connected } from '../state/feed';
import { now } from '../state/moment';
import { sheet } from '../state/route';
import { isDemo, session } from '../state/session';
import { t } from '../texts';
import { Button } from '../ui/basic';

/** In a demo there is no money to pay in. */
function ownWay(to: string): string | null {
  return to === 'lobby' ? home : to === 'cashier' && !isDemo.value ? cashier : null;
}

/** A way to one of the operator's own pages; none without an address. */
export function Way({ to, class: name, children }: { to: 'lobby' | 'cashier' | 'history' | 'reality_check'; class?: string; children?: string }) {
  const url = session.value?.[`${to}_url`] ?? ownWay(to);
  if (!url) return null;
  const label = t(`page.${to}`);
  return (
    <a class={name} data-way={to} href={url} target="_top" aria-label={children ? label : undefined}>
      {children ?? label}
    </a>
  );
}

export function Header() {
  return (
    <header class="top">
      <Way to="lobby" class="way">
        ‹
      </Way>
      <img class="logo" src={logo} alt="" width={36} height={36} />
      <div class="who">
        <h1 id="brand" dir="auto">
          {session.value?.brand ?? operatorName}
        </h1>
        {isDemo.value && (
          <small class="tag" id="play-money">
            {t('page.play_money')}
          </small>
        )}
      </div>
      {session.value && <Balance />}
      <Way to="cashier" class="way">
        +
      </Way>
      {session.value && (
        <Button kind="quiet" class="menu" id="menu" aria-label={t('menu.title')} aria-haspopup="dialog" onClick={() => (sheet.value = 'menu')}>
          ☰
        </Button>
      )}
    </header>
  );
}

/** Only what the server said; without a connection, how long ago. */
function Balance() {
  const offline = !connected.value && !playerConnected.value;
  const age = offline && balance.value !== null ? Math.floor((now.value - balanceAt.value) / 1000) : 0;
  return (
    <p class="balance">
      <span>{t('wallet.balance')}</span> <bdi id="balance">{balance.value === null ? '–' : money(balance.value)}</bdi>
      {age > 0 && <small>{t('wallet.confirmed', { time: seconds(age) })}</small>}
    </p>
  );
}
