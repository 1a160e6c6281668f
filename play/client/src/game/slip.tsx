/** The slip: the stake, what it may win, and the button with its states. */

import { money, roundStakes, textOf } from '../format';
import { type Refused } from '../net/api';
import { autobet } from '../state/autobet';
import { canPlace, placeBet, placing, refusal, ticket } from '../state/placing';
import { sheet } from '../state/route';
import { isOpen } from '../state/moment';
import { paused } from '../state/session';
import { doubleStake, possibleWin, rounds, setStake, stake, stakeMax, stakeMin, stakeTyped } from '../state/slip';
import { t } from '../texts';
import { Button } from '../ui/basic';

const CHIPS = 4;
const LABELS = { ready: 'slip.place_bet', sending: 'slip.sending', accepted: 'slip.accepted', unknown: 'slip.checking' };
const CHARGED: Record<string, string> = { no: 'money.not_charged', unknown: 'money.returning' };

export function Slip() {
  const wrong = stake.value === null && stakeTyped.value !== '';
  return (
    <form
      class="slip"
      id="slip"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        // While it bets by itself, the one button is the one that stops it.
        if (autobet.value) autobet.value.stop();
        else void placeBet();
      }}
    >
      <div class="stake">
        <label for="stake">{t('slip.stake')}</label>
        <input
          id="stake"
          inputMode="decimal"
          autocomplete="off"
          dir="ltr"
          maxLength={20}
          aria-describedby="stake-hint"
          aria-invalid={wrong}
          value={stakeTyped.value}
          onInput={(event) => {
            refusal.value = null;
            stakeTyped.value = event.currentTarget.value;
          }}
        />
        <div class="chips" id="chips">
          {roundStakes(stakeMin.value, stakeMax.value, CHIPS).map((one) => (
            <Button key={textOf(one)} aria-pressed={stake.value === one} onClick={() => setStake(one)}>
              {money(textOf(one), { short: true })}
            </Button>
          ))}
          <Button id="double" aria-label={`×2 ${t('slip.double')}`} onClick={doubleStake} disabled={stake.value === stakeMax.value}>
            <bdi dir="ltr">×2</bdi>
          </Button>
        </div>
      </div>
      <p class="hint" id="stake-hint" data-shown={wrong || undefined}>
        {t('slip.stake_range', { min: money(textOf(stakeMin.value)), max: money(textOf(stakeMax.value)) })}
      </p>
      <div class="placing">
        <Options />
        <Place />
      </div>
      <p class="outcome" id="outcome" role="status">
        {refusal.value && explain(refusal.value)}
      </p>
    </form>
  );
}

/**
 * One button through all its states, and one element for each thing in it, which only changes its text: a press that
 * begins before a change and ends after it still is a press of this button.
 */
function Place() {
  const state = placing.value;
  const win = state === 'ready' && !autobet.value ? possibleWin.value : null;
  return (
    <button class="go" id="place" type="submit" data-state={state} disabled={!canPlace() && !autobet.value}>
      <span id="place-text">{label()}</span>
      <small id="possible">{win === null ? '' : `${t('slip.possible_win')} ${money(win)}`}</small>
    </button>
  );
}

function label(): string {
  const state = placing.value;
  if (autobet.value && state === 'ready') return t('autobet.stop');
  if (state === 'ready' && paused.value) return t('session.paused');
  if (state === 'ready' && !isOpen.value) return t('round.closed');
  return t(LABELS[state]) + (ticket.value && ` #${ticket.value}`);
}

function Options() {
  const run = autobet.value;
  return (
    <Button id="options" aria-haspopup="dialog" aria-pressed={run !== null} aria-label={t('options.title')} onClick={() => (sheet.value = 'options')}>
      <bdi dir="ltr">{run ? `⟳ ${run.placed}/${run.bets}` : rounds.value > 1 ? `× ${rounds.value}` : '⋯'}</bdi>
    </Button>
  );
}

function explain(error: Refused | Error): string {
  const { code, params, moneyMoved } = error as Partial<Refused>;
  const bound = (params?.stake_max ?? params?.stake_min ?? params?.left) as string | undefined;
  const reason = code ? error.message : t('error.unexpected');
  const first = `${t('slip.refused')} – ${reason}${bound ? ` (${money(bound)})` : ''}`;
  const charged = CHARGED[moneyMoved ?? ''];
  return charged ? t('page.sentences', { first, second: t(charged) }) : first;
}
