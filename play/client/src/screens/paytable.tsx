/** What each count of numbers pays, how likely it is, and what it returns: exactly. */

import { useState } from 'preact/hooks';

import { money, multiplier, number, percent } from '../format';
import { game } from '../state/feed';
import { linesOf, paytable, readPaytable, type Paytable, type PaytableRow } from '../state/paytable';
import { picks } from '../state/slip';
import { t } from '../texts';
import { Loading } from '../ui';
import { Choice, Facts, Ltr, Section } from './shared/parts';
import { oneIn } from './shared/odds';

const FIRST_SHOWN = 5;

export default function PaytableScreen() {
  const table = paytable.value;
  if (!table) {
    void readPaytable().catch(() => {});
    return <Loading />;
  }
  return <Table table={table} />;
}

function Table({ table }: { table: Paytable }) {
  const [count, choose] = useState(picks.value.length || FIRST_SHOWN);
  const row = table.picks.find((one) => one.pick_count === count) ?? table.picks[0]!;
  return (
    <div class="screen">
      <Choice
        label={t('paytable.choose')}
        value={row.pick_count}
        onChange={choose}
        options={table.picks.map(({ pick_count: value }) => ({ value, label: String(value) }))}
      />
      <Prizes row={row} />
      <Section title={t('paytable.return')}>
        <Figures row={row} />
        <p class="hint">{t('paytable.average')}</p>
      </Section>
      <ul class="notes">
        <li>{t('paytable.times_stake')}</li>
        {game.value && <li>{t('paytable.most', { amount: money(game.value.max_win) })}</li>}
        <li>{t('paytable.kept')}</li>
      </ul>
      <p class="hint">{t('paytable.version', { name: table.name, version: table.version })}</p>
    </div>
  );
}

function Prizes({ row }: { row: PaytableRow }) {
  return (
    <table class="prizes">
      <caption>{t('paytable.caption', { count: row.pick_count })}</caption>
      <thead>
        <tr>
          <th scope="col">{t('paytable.matches')}</th>
          <th scope="col">{t('paytable.pays')}</th>
          <th scope="col">{t('paytable.chance')}</th>
        </tr>
      </thead>
      <tbody>
        {linesOf(row).map(([hits, factor]) => (
          <tr key={hits}>
            <th scope="row">{number(hits)}</th>
            <td>
              <Ltr>{multiplier(factor)}</Ltr>
            </td>
            <td>{chance(oneIn(row.pick_count, hits))}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Figures({ row }: { row: PaytableRow }) {
  return (
    <Facts
      facts={[
        { name: t('paytable.return'), value: <Ltr>{percent(row.rtp)}</Ltr> },
        { name: t('paytable.exactly'), value: <Ltr>{row.rtp_exact}</Ltr> },
        { name: t('paytable.edge'), value: <Ltr>{percent(row.house_edge)}</Ltr> },
        { name: t('paytable.any_prize'), value: chance(1 / Number(row.hit_frequency)) },
        { name: t('paytable.deviation'), value: <Ltr>{number(row.standard_deviation, { maximumFractionDigits: 4 })}</Ltr> },
      ]}
    />
  );
}

/** Two decimals where they say something. */
function chance(one: number): string {
  return t('paytable.one_in', { count: number(one, { maximumFractionDigits: one < 100 ? 2 : 0 }) });
}
