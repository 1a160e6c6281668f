/** The rules, with this game's own figures. */

import { money, seconds } from '../format';
import { game } from '../state/feed';
import { profile } from '../state/limits';
import { maxPicks } from '../state/paytable';
import { openScreen } from '../state/route';
import { session } from '../state/session';
import { t } from '../texts';
import { Button } from '../ui';
import { Section } from './shared/parts';

const ROUNDS_MAX = 20;

export default function Rules() {
  const [own, now] = [session.value, game.value];
  if (!own || !now) return null;
  const severalRounds = profile.value?.autobet_allowed ?? true;
  return (
    <div class="screen prose">
      <Section title={t('rules.game')}>
        <p>{t('rules.game_text', { max: maxPicks.value })}</p>
        <Button onClick={() => openScreen('paytable')}>{t('rules.see_paytable')}</Button>
      </Section>
      <Section title={t('rules.rounds')}>
        <p>
          {t('rules.rounds_text', { interval: seconds(now.interval_seconds), betting: seconds(now.betting_seconds) })}
        </p>
      </Section>
      <Section title={t('rules.stakes')}>
        <p>{t('rules.stakes_text', { min: money(own.min_bet), max: money(own.max_bet) })}</p>
      </Section>
      {severalRounds && (
        <Section title={t('rules.several')}>
          <p>{t('rules.several_text', { rounds: ROUNDS_MAX })}</p>
        </Section>
      )}
      <Section title={t('rules.wins')}>
        <p>{t('rules.wins_text', { max: money(now.max_win) })}</p>
      </Section>
      <Section title={t('rules.draw')}>
        <p>{t(now.entropy_public ? 'rules.draw_text' : 'rules.draw_own_text')}</p>
        <Button onClick={() => openScreen('fairness')}>{t('rules.see_fairness')}</Button>
      </Section>
      <Section title={t('rules.void')}>
        <p>{t('rules.void_text')}</p>
      </Section>
      <Section title={t('rules.connection')}>
        <p>{t('rules.connection_text')}</p>
      </Section>
      <Section title={t('rules.age')}>
        <p>{t('rules.age_text', { age: own.minimum_age })}</p>
      </Section>
    </div>
  );
}
