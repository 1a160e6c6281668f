/** Ways to choose numbers besides pressing them. */

import { signal } from '../signals';

import { latinDigits } from '../format';
import { touchDraw } from '../state/draw';
import { maxPicks, pickCounts } from '../state/paytable';
import { choose, lastBet, picks, quickPick, repeatLast } from '../state/slip';
import { t } from '../texts';
import { Button } from '../ui/basic';

const USUAL = 5;
const count = signal(USUAL);

export function Tools() {
  const pick = (action: () => void) => () => {
    touchDraw();
    action();
  };
  return (
    <div class="tools">
      <Button id="quick" onClick={pick(() => quickPick(Math.min(count.value, maxPicks.value)))}>
        {t('board.quick_pick')}
      </Button>
      <select
        id="quick-count"
        aria-label={t('board.quick_count')}
        onChange={(event) => (count.value = Number(event.currentTarget.value))}
      >
        {pickCounts.value.map((one) => (
          <option key={one} value={one} selected={one === count.value}>
            {one}
          </option>
        ))}
      </select>
      <Button id="repeat" disabled={!lastBet.value} onClick={pick(repeatLast)}>
        {t('board.repeat')}
      </Button>
      <Button id="clear" disabled={!picks.value.length} onClick={pick(() => choose([]))}>
        {t('board.clear')}
      </Button>
    </div>
  );
}

/** The numbers as text: to read them, and to type them. */
export function TypedNumbers() {
  const typed = (text: string): void => {
    touchDraw();
    choose((latinDigits(text).match(/\d+/g) ?? []).map(Number));
  };
  return (
    <div class="typed">
      <label for="typed" id="picked">
        {picks.value.length
          ? t('board.pick_count', { count: picks.value.length, max: maxPicks.value })
          : t('board.choose', { max: maxPicks.value })}
      </label>
      <input
        id="typed"
        inputMode="text"
        autocomplete="off"
        dir="ltr"
        aria-label={t('board.typed')}
        placeholder={t('board.typed_hint')}
        value={picks.value.join(' ')}
        maxLength={60}
        onChange={(event) => {
          typed(event.currentTarget.value);
          event.currentTarget.value = picks.value.join(' ');
        }}
      />
    </div>
  );
}
