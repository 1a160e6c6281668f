/** The player's limits: what holds, what is used of it, what waits, and changing it. */

import { useEffect, useRef, useState } from 'preact/hooks';

import { dateTime } from '../../dates';
import { latinDigits, minorOf, money, number, readAmount, textOf } from '../../format';
import { type Limit, type LimitKind, type LimitPeriod, type Protection } from '../../state/limits';
import { changeProtection } from '../../state/protection';
import { t } from '../../texts';
import { Button, Field, Problem } from '../../ui';
import { useNotice } from './parts';

interface Slot {
  kind: LimitKind;
  period: LimitPeriod;
  /** The one that counts: the strictest. */
  binding: Limit | null;
  /** The player's own, in force or waiting. */
  own: Limit | null;
}

export function Limits({ known }: { known: Protection }) {
  const [notice, say] = useNotice();
  return (
    <>
      <p class="hint">
        {t('protection.tighter_now')} {t('protection.strictest')}
      </p>
      {notice}
      {known.limits_offered.map(({ kind, periods }) => (
        <section key={kind} class="limits" aria-labelledby={`limits-${kind}`}>
          <h4 id={`limits-${kind}`}>{t(`protection.kind_${kind}`)}</h4>
          <ul>
            {periods.map((period) => (
              <li key={period}>
                <LimitRow slot={slotOf(known, kind, period)} onNotice={say} />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}

function slotOf(known: Protection, kind: LimitKind, period: LimitPeriod): Slot {
  const all = known.limits.filter((one) => one.kind === kind && one.period === period);
  return {
    kind,
    period,
    binding: all.find((one) => one.binding) ?? null,
    own: all.find((one) => one.source === 'player') ?? null,
  };
}

function LimitRow({ slot, onNotice }: { slot: Slot; onNotice: (text: string) => void }) {
  const [isOpen, open] = useState(false);
  const [busy, work] = useState(false);
  const [error, fail] = useState<unknown>(null);
  const line = useRef<HTMLDivElement>(null);
  const { kind, period, binding, own } = slot;
  const path = `limits/${kind}/${period}`;
  const name = `${t(`protection.kind_${kind}`)}, ${t(`protection.period_${period}`)}`;

  const ask = async (method: string, to: string, body?: unknown): Promise<void> => {
    work(true);
    fail(null);
    try {
      const after = slotOf(await changeProtection(method, to, body), kind, period).own;
      onNotice(after?.pending ? pendingText(after) : t('protection.saved'));
      open(false);
      // What had the focus is gone.
      line.current?.querySelector('button')?.focus();
    } catch (problem) {
      fail(problem);
    } finally {
      work(false);
    }
  };

  const isSet = own !== null && valueOf(own) !== null;
  return (
    <>
      <div class="line" ref={line}>
        <span>{t(`protection.period_${period}`)}</span>
        <b>{binding ? valueOf(binding) : t('protection.none')}</b>
        <Button
          aria-expanded={isOpen}
          aria-label={`${t(isSet ? 'protection.change_limit' : 'protection.set_limit')}: ${name}`}
          onClick={() => open(!isOpen)}
        >
          {t(isSet ? 'protection.change' : 'protection.set')}
        </Button>
      </div>
      {binding && <Used limit={binding} />}
      {own && binding && own !== binding && isSet && (
        <p class="hint">
          {t('protection.source_player')}: {valueOf(own)}
        </p>
      )}
      {own?.pending && (
        <p class="waits">
          <span>{pendingText(own)}</span>
          <Button disabled={busy} onClick={() => void ask('DELETE', `${path}/pending`)}>
            {t('protection.withdraw')}
          </Button>
        </p>
      )}
      {isOpen && (
        <LimitForm
          kind={kind}
          name={name}
          own={own}
          busy={busy}
          onSave={(body) => void ask('PUT', path, body)}
          onRemove={isSet ? () => void ask('PUT', path, null) : null}
        />
      )}
      {error !== null && <Problem error={error} />}
    </>
  );
}

/** How much of a limit is used, as a bar and in words. */
function Used({ limit }: { limit: Limit }) {
  const source = t(`protection.source_${limit.source}`);
  if (limit.amount === null || limit.used === null || limit.left === null) return <p class="hint">{source}</p>;
  const [all, left] = [Number(minorOf(limit.amount)), Number(minorOf(limit.left))];
  const words = `${t('protection.used', { amount: money(limit.used) })} · ${t('protection.left', { amount: money(limit.left) })}`;
  return (
    <>
      <meter min={0} max={all || 1} high={all * 0.8} value={all - left} aria-label={words} />
      <p class="hint">
        {words}
        {limit.resets_at && <span> · {t('protection.resets_at', { time: dateTime(limit.resets_at) })}</span>}
        <span> · {source}</span>
      </p>
    </>
  );
}

interface FormProps {
  kind: LimitKind;
  name: string;
  own: Limit | null;
  busy: boolean;
  onSave: (body: { amount: string } | { minutes: number }) => void;
  onRemove: (() => void) | null;
}

function LimitForm({ kind, name, own, busy, onSave, onRemove }: FormProps) {
  const isTime = kind === 'session';
  const [typed, type] = useState(String((isTime ? own?.minutes : own?.amount) ?? ''));
  const [wrong, blame] = useState('');
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current!.querySelector('input')!.focus(), []);
  const submit = (event: Event): void => {
    event.preventDefault();
    const body = isTime ? readMinutes(typed) : readMoney(typed);
    if (body) onSave(body);
    else blame(t(isTime ? 'protection.minutes_wrong' : 'protection.amount_wrong'));
  };
  return (
    <form class="limit-form" aria-label={name} ref={form} onSubmit={submit}>
      <Field
        label={t(isTime ? 'protection.minutes' : 'protection.amount')}
        inputMode={isTime ? 'numeric' : 'decimal'}
        autoComplete="off"
        value={typed}
        error={wrong}
        onInput={(event: Event) => {
          type((event.currentTarget as HTMLInputElement).value);
          blame('');
        }}
      />
      <div class="steps">
        {onRemove && (
          <Button disabled={busy} onClick={onRemove}>
            {t('protection.remove_limit')}
          </Button>
        )}
        <Button kind="go" type="submit" disabled={busy}>
          {t('screen.save')}
        </Button>
      </div>
    </form>
  );
}

function readMoney(typed: string): { amount: string } | null {
  const minor = readAmount(typed);
  return minor === null ? null : { amount: textOf(minor) };
}

function readMinutes(typed: string): { minutes: number } | null {
  const plain = latinDigits(typed.trim());
  return /^[1-9]\d{0,4}$/.test(plain) ? { minutes: Number(plain) } : null;
}

/** What a limit allows, for the eye; null where it is not in force. */
function valueOf({ amount, minutes }: { amount: string | null; minutes: number | null }): string | null {
  if (amount !== null) return money(amount);
  return minutes === null ? null : t('protection.minutes_short', { minutes: number(minutes) });
}

function pendingText({ pending }: Limit): string {
  const amount = valueOf(pending!);
  const time = dateTime(pending!.effective_from);
  return amount === null ? t('protection.pending_none', { time }) : t('protection.pending', { time, amount });
}
