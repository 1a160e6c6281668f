/** What the slip can do besides one bet: several rounds, betting by itself with stops, favourite numbers. */

import { signal } from '../signals';

import { money, number, readAmount, textOf } from '../format';
import { autobet } from '../state/autobet';
import { autobetAllowed } from '../state/limits';
import { sheet } from '../state/route';
import { choose, picks, possibleWin, rounds, roundsMax, setRounds, stake } from '../state/slip';
import { t } from '../texts';
import { Balls, Button, Dialog, Field, List, Switch } from '../ui';
import { startAutobet, stopAutobet, stopReason } from './autobet';
import { favourites, isFavourite, toggleFavourite } from './favourites';

const COUNTS = [5, 10, 25, 50, 100];
const count = signal(10);
const anyWin = signal(false);
const winTyped = signal('');
const lossTyped = signal('');

function close(): void {
  sheet.value = null;
}

export function Options() {
  return (
    <Dialog title={t('options.title')} id="options-dialog" onClose={close}>
      {roundsMax.value > 1 && <Rounds />}
      {autobetAllowed.value && <Autobet />}
      <Favourites />
    </Dialog>
  );
}

function Rounds() {
  const total = stake.value === null ? null : textOf(stake.value * BigInt(rounds.value));
  return (
    <section>
      <h3>{t('options.rounds')}</h3>
      <div class="stepper">
        <Button aria-label={t('options.fewer')} disabled={rounds.value <= 1} onClick={() => setRounds(rounds.value - 1)}>
          −
        </Button>
        <output id="rounds">{number(rounds.value)}</output>
        <Button
          aria-label={t('options.more')}
          disabled={rounds.value >= roundsMax.value}
          onClick={() => setRounds(rounds.value + 1)}
        >
          +
        </Button>
      </div>
      <p class="hint">{total === null ? '' : t('options.total', { amount: money(total) })}</p>
    </section>
  );
}

/** An optional amount: null for none, undefined for something that is no amount. */
function amount(typed: string): bigint | null | undefined {
  return typed.trim() === '' ? null : (readAmount(typed) ?? undefined);
}

function Autobet() {
  const run = autobet.value;
  if (run) {
    const net = `${run.net > 0n ? '+' : ''}${money(textOf(run.net))}`;
    return (
      <section>
        <h3>{t('autobet.title')}</h3>
        <p>{t('autobet.running', { placed: number(run.placed), bets: number(run.bets) })}</p>
        <p>{t('autobet.net', { amount: net })}</p>
        <Button kind="go" id="autobet-stop" onClick={() => stopAutobet()}>
          {t('autobet.stop')}
        </Button>
      </section>
    );
  }
  const [stopAtWin, lossMax] = [amount(winTyped.value), amount(lossTyped.value)];
  const start = (): void => {
    startAutobet({ bets: count.value, stopAtWin: stopAtWin!, lossMax: lossMax!, stopOnAnyWin: anyWin.value });
    close();
  };
  const wrong = t('options.no_amount');
  return (
    <section>
      <h3>{t('autobet.title')}</h3>
      {stopReason.value && <p role="status">{t(stopReason.value)}</p>}
      <div class="chips" role="group" aria-label={t('autobet.bets')}>
        {COUNTS.map((one) => (
          <Button key={one} aria-pressed={count.value === one} onClick={() => (count.value = one)}>
            {number(one)}
          </Button>
        ))}
      </div>
      <Switch label={t('autobet.any_win')} checked={anyWin.value} onChange={(on) => (anyWin.value = on)} />
      <Field
        label={t('autobet.stop_at_win')}
        inputMode="decimal"
        dir="ltr"
        value={winTyped.value}
        error={stopAtWin === undefined ? wrong : ''}
        onInput={(event) => (winTyped.value = event.currentTarget.value)}
      />
      <Field
        label={t('autobet.loss_max')}
        inputMode="decimal"
        dir="ltr"
        value={lossTyped.value}
        error={lossMax === undefined ? wrong : ''}
        onInput={(event) => (lossTyped.value = event.currentTarget.value)}
      />
      <Button
        kind="go"
        id="autobet-start"
        disabled={possibleWin.value === null || stopAtWin === undefined || lossMax === undefined}
        onClick={start}
      >
        {t('autobet.start')}
      </Button>
    </section>
  );
}

function Favourites() {
  const own = picks.value;
  return (
    <section>
      <h3>{t('favourites.title')}</h3>
      <Button id="favourite" disabled={!own.length} aria-pressed={isFavourite(own)} onClick={() => toggleFavourite(own)}>
        {isFavourite(own) ? `★ ${t('favourites.forget')}` : `☆ ${t('favourites.keep')}`}
      </Button>
      <List items={favourites.value} empty={t('favourites.empty')} keyOf={String}>
        {(one) => (
          <div class="favourite">
            <Balls numbers={one} />
            <Button
              onClick={() => {
                choose(one);
                close();
              }}
            >
              {t('favourites.use')}
            </Button>
            <Button kind="quiet" aria-label={t('favourites.forget')} onClick={() => toggleFavourite(one)}>
              ✕
            </Button>
          </div>
        )}
      </List>
    </section>
  );
}
