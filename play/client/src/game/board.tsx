/** The board: 80 numbers in a grid, one of them in the tab order, arrows between them. */

import { signal } from '../signals';

import { number } from '../format';
import { boardMirrored } from '../page';
import { shownDraw, staked, touchDraw } from '../state/draw';
import { maxPicks } from '../state/paytable';
import { picks, toggle } from '../state/slip';
import { say } from '../state/spoken';
import { t } from '../texts';

const NUMBERS = 80;
const narrow = matchMedia('(max-width: 439px)');
const columns = signal(narrow.matches ? 8 : 10);
narrow.onchange = () => (columns.value = narrow.matches ? 8 : 10);
/** Only the number that was used last is in the tab order. */
const entered = signal(1);

export function Board() {
  const width = columns.value;
  const order = new Map(shownDraw.value?.numbers?.map((value, at) => [value, at]));
  const chosen = new Set(picks.value);
  const rows = Array.from({ length: NUMBERS / width }, (_, row) => row);

  const press = (event: MouseEvent): void => {
    const value = numberOf(event.target);
    if (!value) return;
    entered.value = value;
    touchDraw();
    if (!toggle(value)) say(t('board.pick_count', { count: picks.value.length, max: maxPicks.value }));
  };
  const move = (event: KeyboardEvent & { currentTarget: HTMLElement }): void => {
    const at = numberOf(event.target);
    const to = at && destination(event, at, width);
    if (!to) return;
    event.preventDefault();
    entered.value = to;
    event.currentTarget.querySelector<HTMLElement>(`[data-number="${to}"]`)!.focus();
  };
  return (
    <div
      class="board"
      id="board"
      role="grid"
      aria-label={t('board.title')}
      aria-multiselectable="true"
      aria-rowcount={rows.length}
      aria-colcount={width}
      dir={boardMirrored ? undefined : 'ltr'}
      onClick={press}
      onKeyDown={move}
    >
      {rows.map((row) => (
        <div role="row" class="row" key={`${width}-${row}`}>
          {Array.from({ length: width }, (_, column) => row * width + column + 1).map((value) => (
            <Cell key={value} value={value} picked={chosen.has(value)} order={order.get(value)} />
          ))}
        </div>
      ))}
    </div>
  );
}

/** `order`: as which ball it was drawn, from 0. */
function Cell({ value, picked, order }: { value: number; picked: boolean; order: number | undefined }) {
  const drawn = order !== undefined;
  const hit = drawn && staked.value.has(value);
  const missed = !drawn && Boolean(shownDraw.value) && staked.value.has(value);
  const state = hit ? '_hit' : drawn ? '_drawn' : picked ? '_chosen' : '';
  return (
    <button
      type="button"
      role="gridcell"
      data-number={value}
      class={[drawn && 'ring', hit && 'hit', missed && 'miss'].filter(Boolean).join(' ')}
      aria-selected={picked}
      aria-label={t(`board.number${state}`, { number: number(value) })}
      tabIndex={entered.value === value ? 0 : -1}
      style={drawn ? { '--order': String(order) } : undefined}
    >
      {value}
    </button>
  );
}

function numberOf(target: EventTarget | null): number {
  return Number((target as Element).closest<HTMLElement>('[data-number]')?.dataset.number ?? 0);
}

/** Where a key leads; undefined for a key that leads nowhere. */
function destination({ key, ctrlKey }: KeyboardEvent, value: number, width: number): number | undefined {
  const at = value - 1;
  const forward = boardMirrored && document.documentElement.dir === 'rtl' ? -1 : 1;
  const start = at - (at % width);
  const to = {
    ArrowRight: at + forward,
    ArrowLeft: at - forward,
    ArrowDown: at + width < NUMBERS ? at + width : at,
    ArrowUp: at >= width ? at - width : at,
    Home: ctrlKey ? 0 : start,
    End: ctrlKey ? NUMBERS - 1 : start + width - 1,
  }[key];
  return to === undefined ? undefined : Math.min(Math.max(to, 0), NUMBERS - 1) + 1;
}
