/** Taking a break: for some hours, for long, for ever. Asked for twice, because nobody can end it early. */

import { useState } from 'preact/hooks';

import { caller } from '../../net/api';
import { type Profile } from '../../state/limits';
import { changeProtection } from '../../state/protection';
import { plural, t } from '../../texts';
import { Button, Dialog, Problem } from '../../ui';
import { Choice, Section } from './parts';

type Ask = { kind: 'cool_off'; hours: number } | { kind: 'self_exclusion'; days: number } | { kind: 'self_exclusion'; forever: true };

const DAY_HOURS = 24;
const YEAR_DAYS = 365;
const FOR_EVER = 0;

export function Breaks({ profile }: { profile: Profile }) {
  const [asked, ask] = useState<Ask | null>(null);
  const [hours, chooseHours] = useState(profile.cool_off_hours[0] ?? null);
  const [days, chooseDays] = useState(profile.exclusion_days[0] ?? null);
  const longer = [
    ...profile.exclusion_days.map((value) => ({ value, label: daysText(value) })),
    ...(profile.exclusion_forever ? [{ value: FOR_EVER, label: t('protection.for_ever') }] : []),
  ];
  const exclusion = (value: number): Ask =>
    value === FOR_EVER ? { kind: 'self_exclusion', forever: true } : { kind: 'self_exclusion', days: value };
  return (
    <>
      {hours !== null && (
        <Section title={t('protection.break')}>
          <p class="hint">{t('protection.break_note')}</p>
          <Choice
            label={t('protection.cool_off')}
            value={hours}
            onChange={chooseHours}
            options={profile.cool_off_hours.map((value) => ({ value, label: hoursText(value) }))}
          />
          <Button onClick={() => ask({ kind: 'cool_off', hours })}>{t('protection.break')}</Button>
        </Section>
      )}
      {longer.length > 0 && (
        <Section title={t('protection.self_exclusion')}>
          <p class="hint">{t('protection.exclusion_note')}</p>
          <Choice
            label={t('protection.self_exclusion')}
            quiet
            value={days ?? FOR_EVER}
            onChange={chooseDays}
            options={longer}
          />
          <Button onClick={() => ask(exclusion(days ?? FOR_EVER))}>{t('protection.exclude')}</Button>
        </Section>
      )}
      {asked && <Confirm asked={asked} onClose={() => ask(null)} />}
    </>
  );
}

function Confirm({ asked, onClose }: { asked: Ask; onClose: () => void }) {
  const [busy, work] = useState(false);
  const [error, fail] = useState<unknown>(null);
  const isShort = asked.kind === 'cool_off';
  const go = async (): Promise<void> => {
    work(true);
    fail(null);
    try {
      await changeProtection('POST', 'exclusions', asked);
      caller.ended();
    } catch (problem) {
      fail(problem);
      work(false);
    }
  };
  return (
    <Dialog title={t(isShort ? 'protection.cool_off' : 'protection.self_exclusion')} onClose={onClose}>
      <p>
        <b>{lengthOf(asked)}</b>
      </p>
      <p>{t('protection.break_note')}</p>
      {!isShort && <p>{t('protection.exclusion_note')}</p>}
      {error !== null && <Problem error={error} />}
      <div class="steps">
        <Button disabled={busy} onClick={onClose}>
          {t('protection.cancel')}
        </Button>
        <Button class="danger" disabled={busy} onClick={() => void go()}>
          {t(isShort ? 'protection.confirm_break' : 'protection.confirm_exclusion')}
        </Button>
      </div>
    </Dialog>
  );
}

function lengthOf(asked: Ask): string {
  if ('hours' in asked) return hoursText(asked.hours);
  return 'days' in asked ? daysText(asked.days) : t('protection.for_ever');
}

function hoursText(count: number): string {
  return count % DAY_HOURS ? plural('protection.hours', count) : daysText(count / DAY_HOURS);
}

function daysText(count: number): string {
  return count % YEAR_DAYS ? plural('protection.days', count) : plural('protection.years', count / YEAR_DAYS);
}
