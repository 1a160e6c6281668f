/** Staying in control: the session so far, limits, breaks, and whom to talk to. */

import { useEffect, useState } from 'preact/hooks';

import { dateTime } from '../dates';
import { clockface, money } from '../format';
import { clock } from '../net/clock';
import { protection, readProtection, type Protection } from '../state/limits';
import { session } from '../state/session';
import { t } from '../texts';
import { Loading, Problem } from '../ui';
import { Breaks } from './shared/breaks';
import { Limits } from './shared/limits';
import { Empty, Section } from './shared/parts';

const SECOND_MS = 1000;

export default function Responsible() {
  const [error, fail] = useState<unknown>(null);
  const [asked, ask] = useState(0);
  // What the game knows may be minutes old: amounts that are used go up with every bet.
  useEffect(() => {
    fail(null);
    readProtection().catch(fail);
  }, [asked]);
  const known = protection.value;
  return (
    <div class="screen" aria-busy={!known && error === null}>
      <p>{t('protection.intro')}</p>
      {error !== null && <Problem error={error} again={() => ask(asked + 1)} />}
      {known ? <Known known={known} /> : error === null && <Loading />}
    </div>
  );
}

function Known({ known }: { known: Protection }) {
  const age = known.profile.minimum_age ?? session.value?.minimum_age;
  return (
    <>
      {known.session && (
        <Section title={t('protection.session')}>
          <SessionSoFar own={known.session} />
        </Section>
      )}
      <Section title={t('protection.limits')}>
        {known.limits_offered.length ? <Limits known={known} /> : <Empty text={t('protection.no_limits')} />}
      </Section>
      <Breaks profile={known.profile} />
      <Section title={t('protection.help_title')}>
        <Help known={known} />
        <p>
          <b class="age">{t('page.age_limit', { age })}</b> {t('protection.age', { age })}
        </p>
      </Section>
    </>
  );
}

function SessionSoFar({ own }: { own: NonNullable<Protection['session']> }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), SECOND_MS);
    return () => clearInterval(timer);
  }, []);
  const elapsed = clock.known ? -clock.until(own.started_at) / SECOND_MS : own.elapsed_seconds;
  return (
    <ul class="plain-list">
      <li>{t('protection.elapsed', { time: clockface(Math.max(0, Math.floor(elapsed))) })}</li>
      <li>
        <b>{t('protection.net', { amount: money(own.net_position) })}</b>
      </li>
      <li>{t('protection.staked', { amount: money(own.staked) })}</li>
      <li>{t('protection.returned', { amount: money(own.returned) })}</li>
      {own.ends_by_limit && <li>{t('protection.ends_at', { time: dateTime(own.expires_at) })}</li>}
    </ul>
  );
}

function Help({ known }: { known: Protection }) {
  const line = known.profile.helpline;
  if (!line) return <p>{t('protection.help_operator')}</p>;
  return (
    <>
      <p>{t('protection.help')}</p>
      <ul class="plain-list">
        {line.name && <li>{line.name}</li>}
        {line.number && (
          <li>
            <a href={`tel:${line.number.replace(/[^\d+]/g, '')}`}>
              <bdi dir="ltr">{line.number}</bdi>
            </a>
          </li>
        )}
        {line.url && (
          <li>
            <a href={line.url} target="_blank" rel="noopener noreferrer">
              <bdi dir="ltr">{new URL(line.url).host}</bdi>
            </a>
          </li>
        )}
      </ul>
    </>
  );
}
