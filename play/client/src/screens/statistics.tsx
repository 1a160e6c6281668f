/** How often each number came lately. It says so itself: that predicts nothing. */

import { useEffect, useState } from 'preact/hooks';

import { number } from '../format';
import { get } from '../net/api';
import { game, recent } from '../state/feed';
import { t } from '../texts';
import { Choice, Empty, Reading, Section } from './shared/parts';
import { useResource } from './shared/resource';

interface Frequency {
  number: number;
  drawn: number;
  /** 0: in the newest round; null: in none of those that were counted. */
  rounds_ago: number | null;
}

interface Statistics {
  rounds: number;
  first_round: number | null;
  last_round: number | null;
  numbers: Frequency[];
}

const SPANS = [50, 100, 500, 1000];
const ENDS = 8;
const LEVELS = 5;
const DRAWN_OF_80 = 20 / 80;

export default function StatisticsScreen() {
  const [span, choose] = useState(100);
  const code = game.value?.code ?? '';
  const found = useResource(`${code} ${span}`, () => get<Statistics>(`games/${code}/statistics?rounds=${span}`));
  const newest = recent.value[0]?.number;
  const known = found.data?.last_round;
  useEffect(() => {
    if (known != null && newest !== undefined && newest > known && !found.loading) found.reload();
  }, [newest]);
  return (
    <div class="screen">
      <p class="note">{t('stats.note')}</p>
      <Choice
        label={t('stats.span')}
        value={span}
        onChange={choose}
        options={SPANS.map((value) => ({ value, label: number(value) }))}
      />
      <Reading of={found}>
        {(data) => (data.rounds ? <Counts data={data} span={span} /> : <Empty text={t('stats.empty')} hint={t('stats.empty_hint')} />)}
      </Reading>
    </div>
  );
}

function Counts({ data, span }: { data: Statistics; span: number }) {
  const ranked = [...data.numbers].sort((a, b) => b.drawn - a.drawn || a.number - b.number);
  const hot = ranked.slice(0, ENDS);
  const cold = [...data.numbers].sort((a, b) => a.drawn - b.drawn || a.number - b.number).slice(0, ENDS);
  return (
    <>
      <ul class="hint">
        <li>{t('stats.range', { first: number(data.first_round!), last: number(data.last_round!) })}</li>
        {data.rounds < span && <li>{t('stats.fewer', { count: number(data.rounds) })}</li>}
        <li>{t('stats.expected', { count: number(data.rounds * DRAWN_OF_80, { maximumFractionDigits: 1 }) })}</li>
      </ul>
      <div class="two">
        <Section title={`▲ ${t('stats.hot')}`}>
          <Ranking numbers={hot} />
        </Section>
        <Section title={`▼ ${t('stats.cold')}`}>
          <Ranking numbers={cold} />
        </Section>
      </div>
      <Section title={t('stats.all')}>
        <Heat numbers={data.numbers} />
        <Table numbers={data.numbers} ranked={ranked} />
      </Section>
    </>
  );
}

function Ranking({ numbers }: { numbers: Frequency[] }) {
  return (
    <ul class="ranking">
      {numbers.map((one) => (
        <li key={one.number} aria-label={cellOf(one)}>
          <b>{one.number}</b>
          <small>{number(one.drawn)}</small>
        </li>
      ))}
    </ul>
  );
}

/** The board with a count in each field; the shade repeats what the count says. */
function Heat({ numbers }: { numbers: Frequency[] }) {
  const counts = numbers.map((one) => one.drawn);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const levelOf = (drawn: number): number =>
    most === least ? 0 : Math.min(LEVELS - 1, Math.floor(((drawn - least) / (most - least)) * LEVELS));
  return (
    <ul class="heat" dir="ltr" aria-label={t('stats.all')}>
      {numbers.map((one) => (
        <li key={one.number} data-level={levelOf(one.drawn)} aria-label={cellOf(one)}>
          <b>{one.number}</b>
          <small>{number(one.drawn)}</small>
        </li>
      ))}
    </ul>
  );
}

function Table({ numbers, ranked }: { numbers: Frequency[]; ranked: Frequency[] }) {
  const [order, sort] = useState<'number' | 'count'>('number');
  const [isOpen, open] = useState(false);
  return (
    <details onToggle={(event) => open((event.currentTarget as HTMLDetailsElement).open)}>
      <summary>{t('stats.table')}</summary>
      {isOpen && (
        <>
          <Choice
            label={t('stats.order')}
            value={order}
            onChange={sort}
            options={[
              { value: 'number', label: t('stats.by_number') },
              { value: 'count', label: t('stats.by_count') },
            ]}
          />
          <table>
            <thead>
              <tr>
                <th scope="col">{t('stats.number')}</th>
                <th scope="col">{t('stats.drawn')}</th>
                <th scope="col">{t('stats.ago')}</th>
              </tr>
            </thead>
            <tbody>
              {(order === 'number' ? numbers : ranked).map((one) => (
                <tr key={one.number}>
                  <th scope="row">{one.number}</th>
                  <td>{number(one.drawn)}</td>
                  <td>{one.rounds_ago === null ? t('stats.never') : number(one.rounds_ago)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </details>
  );
}

function cellOf(one: Frequency): string {
  return t('stats.cell', { number: one.number, drawn: number(one.drawn) });
}
