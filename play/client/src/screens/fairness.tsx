/** Why nobody can bend a draw, this round's commitment, the player's own receipts, and the way to the verifier. */

import { useState } from 'preact/hooks';

import { dateTime } from '../dates';
import { number } from '../format';
import { get } from '../net/api';
import { bets, ticketOf, type Bet } from '../state/bets';
import { current, game, recent, type Round } from '../state/feed';
import { t } from '../texts';
import { Button, Loading, Problem } from '../ui';
import { Code, Empty, Facts, Reading, Section, useNotice } from './shared/parts';
import { proofLink, saveReceipt } from './shared/proofs';
import { useResource } from './shared/resource';

interface FullRound extends Round {
  commitment: string;
  bets_count: number | null;
  server_seed: string | null;
  commitment_status: string | null;
  blockchain_commit_reference: string | null;
}

const SHOWN = 10;
const STEPS = ['before', 'close', 'draw', 'after'];

export default function Fairness() {
  return (
    <div class="screen">
      <p>{t(game.value?.entropy_public ? 'fair.intro' : 'fair.intro_own')}</p>
      <ol class="timeline">
        {STEPS.map((step) => (
          <li key={step}>
            <b>{t(`fair.${step}`)}</b>
            <p>{t(step === 'draw' && !game.value?.entropy_public ? 'fair.draw_own_text' : `fair.${step}_text`)}</p>
          </li>
        ))}
      </ol>
      <Section title={t('fair.this_round')}>
        <ThisRound />
      </Section>
      <Section title={t('fair.receipts')}>
        <Receipts />
      </Section>
      <Section title={t('fair.drawn')}>
        <Drawn />
      </Section>
      <p>
        <a class="button" {...proofLink()}>
          {t('fair.open_verifier')}
        </a>
      </p>
      <p class="hint">{t('fair.verifier_text')}</p>
    </div>
  );
}

function ThisRound() {
  const now = current.value;
  return now ? <RoundFacts now={now} /> : <Loading />;
}

function RoundFacts({ now }: { now: Round }) {
  // Read anew when the round goes on: what is public of it grows.
  const found = useResource(`${now.round_id} ${now.status}`, () => get<FullRound>(`rounds/${now.round_id}`));
  return <Reading of={found}>{(one) => <Commitment one={one} />}</Reading>;
}

function Commitment({ one }: { one: FullRound }) {
  const recorded = { anchored: 'fair.anchored', 'signed-only': 'fair.signed' }[one.commitment_status ?? ''];
  const network = game.value?.entropy_network ?? '';
  return (
    <>
      <Facts
        stacked
        facts={[
          { name: t('fair.round'), value: number(one.number) },
          {
            name: t('fair.commitment'),
            value: <Code key={one.round_id} text={one.commitment} label={t('fair.commitment')} />,
          },
          { name: t('fair.recorded'), value: t(recorded ?? 'fair.scheduled') },
          {
            name: t('fair.transaction'),
            value: one.blockchain_commit_reference && (
              <Code text={one.blockchain_commit_reference} label={t('fair.transaction')} />
            ),
          },
          { name: t('fair.source'), value: t(game.value?.entropy_public ? 'fair.public' : 'fair.local', { network }) },
          { name: t('fair.bets'), value: one.bets_count === null ? null : number(one.bets_count) },
        ]}
      />
      <p class="hint">{t('fair.commitment_hint')}</p>
    </>
  );
}

function Receipts() {
  const [error, fail] = useState<unknown>(null);
  const [notice, say] = useNotice();
  const own = bets.value.slice(0, SHOWN);
  if (!own.length) return <Empty text={t('fair.receipts_empty')} hint={t('fair.receipts_empty_hint')} />;
  const save = (bet: Bet): void => {
    fail(null);
    saveReceipt(bet).then(() => say(t('fair.saved', { ticket: ticketOf(bet) })), fail);
  };
  return (
    <>
      <p>{t('fair.receipts_text')}</p>
      <ul class="rows">
        {own.map((bet) => (
          <li key={bet.id}>
            <span>
              <bdi class="ticket">#{ticketOf(bet)}</bdi> <time dateTime={bet.created_at}>{dateTime(bet.created_at)}</time>
            </span>
            <Button aria-label={t('fair.save', { ticket: ticketOf(bet) })} onClick={() => save(bet)}>
              {t('screen.save')}
            </Button>
          </li>
        ))}
      </ul>
      {notice}
      {error !== null && <Problem error={error} />}
    </>
  );
}

function Drawn() {
  const rounds = recent.value.slice(0, SHOWN);
  if (!rounds.length) return <Empty text={t('stats.empty')} hint={t('stats.empty_hint')} />;
  return (
    <ul class="rows">
      {rounds.map((one) => (
        <li key={one.round_id}>
          <a {...proofLink(one.round_id)}>{t('fair.verify_round', { number: number(one.number) })}</a>
        </li>
      ))}
    </ul>
  );
}
