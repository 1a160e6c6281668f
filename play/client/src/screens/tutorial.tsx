/** How to play, in a few steps. */

import { useEffect, useRef, useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';

import { money, multiplier } from '../format';
import { maxPicks } from '../state/paytable';
import { closeScreen, openScreen } from '../state/route';
import { session } from '../state/session';
import { t } from '../texts';
import { Button } from '../ui';
import { Ltr } from './shared/parts';

const STEPS = ['pick', 'stake', 'bet', 'draw', 'check', 'care'] as const;
type Step = (typeof STEPS)[number];

export default function Tutorial() {
  const [at, go] = useState(0);
  const heading = useRef<HTMLHeadingElement>(null);
  const step = STEPS[at]!;
  useEffect(() => {
    if (at || heading.current?.dataset.moved) heading.current?.focus();
    heading.current!.dataset.moved = 'yes';
  }, [at]);
  const isLast = at === STEPS.length - 1;
  return (
    <div class="screen tutorial">
      <p class="hint">{t('tutorial.step', { step: at + 1, count: STEPS.length })}</p>
      <ol class="dots" aria-hidden="true">
        {STEPS.map((each, index) => (
          <li key={each} data-on={index <= at} />
        ))}
      </ol>
      <h3 ref={heading} tabIndex={-1}>
        {t(`tutorial.${step}`)}
      </h3>
      <Picture step={step} />
      <p>{t(`tutorial.${step}_text`, { max: maxPicks.value })}</p>
      {step === 'check' && <Button onClick={() => openScreen('fairness')}>{t('menu.fairness')}</Button>}
      {step === 'care' && <Button onClick={() => openScreen('responsible')}>{t('menu.responsible')}</Button>}
      <div class="steps">
        <Button disabled={at === 0} onClick={() => go(at - 1)}>
          {t('tutorial.back')}
        </Button>
        <Button kind="go" onClick={() => (isLast ? closeScreen() : go(at + 1))}>
          {t(isLast ? 'tutorial.start' : 'tutorial.next')}
        </Button>
      </div>
    </div>
  );
}

/** A picture of what the step is about. The text beside it says all that is in it. */
function Picture({ step }: { step: Step }) {
  const least = session.value ? money(session.value.min_bet) : '';
  const pictures: Record<Step, ComponentChildren> = {
    pick: <Row picked={[7, 21, 40]} numbers={[6, 7, 8, 20, 21, 22, 39, 40]} />,
    stake: <span class="chip">{least}</span>,
    bet: <span class="chip">✓ #A1B2C3</span>,
    draw: <Row picked={[7, 21]} hits numbers={[3, 7, 12, 21, 33, 48, 60, 77]} />,
    check: (
      <Ltr>
        <span class="chip">{least}</span> {multiplier('44')}
      </Ltr>
    ),
    care: <span class="chip">{session.value?.minimum_age ?? 18}+</span>,
  };
  return (
    <div class="picture" aria-hidden="true">
      {pictures[step]}
    </div>
  );
}

function Row({ numbers, picked, hits = false }: { numbers: number[]; picked: number[]; hits?: boolean }) {
  return (
    <span class="tiles" dir="ltr">
      {numbers.map((value) => (
        <span key={value} class={picked.includes(value) ? (hits ? 'hit' : 'picked') : ''}>
          {value}
        </span>
      ))}
    </span>
  );
}
