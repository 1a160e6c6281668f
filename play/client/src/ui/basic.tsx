/** The parts that the game itself is made of too. */

import type { ButtonHTMLAttributes } from 'preact';

import { t } from '../texts';

type ButtonProps = ButtonHTMLAttributes & { kind?: 'plain' | 'go' | 'quiet' };

/** `go` is the one that the screen is for; `plain` any other; `quiet` has no frame. Never a submit by accident. */
export function Button({ kind = 'plain', ...rest }: ButtonProps) {
  return <button type="button" {...rest} class={`${kind} ${rest.class ?? ''}`} />;
}

/** The star is for the eye. */
function Marked({ value }: { value: number }) {
  return (
    <>
      <b aria-hidden="true">{value}</b>
      <i class="unseen">{t('board.number_hit', { number: value })}</i>
    </>
  );
}

/** Numbers in a row; those in `marked` have a star as well as a colour. */
export function Balls({ numbers, marked }: { numbers: number[]; marked?: ReadonlySet<number> }) {
  return (
    <p class="balls">
      {numbers.map((value) => (
        <span key={value} class={marked?.has(value) ? 'hit' : ''}>
          {marked?.has(value) ? <Marked value={value} /> : value}
        </span>
      ))}
    </p>
  );
}
