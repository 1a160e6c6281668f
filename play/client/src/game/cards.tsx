/** The lists beside the board: the paytable, the player's bets, the latest results. */

import { money, multiplier, number, percent, textOf, times } from '../format';
import { type Bet, bets, ticketOf } from '../state/bets';
import { fateOf, hitsOf, multiplierOf } from '../state/draw';
import { findRound, game, recent, type Round } from '../state/feed';
import { linesOf, rowOf } from '../state/paytable';
import { style } from '../later';
import { openScreen } from '../state/route';
import { picks, stake } from '../state/slip';
import { language, t } from '../texts';
import { Balls, Button } from '../ui/basic';
import own from './cards.css?url';

export const ready = style(own);
const SHOWN = 8;

/** Beside the board on a wide screen, below the slip on a phone. */
export default function Cards() {
  return (
    <>
      <PaytableCard />
      <OwnBets />
    </>
  );
}

function PaytableCard() {
  const row = rowOf(picks.value.length);
  return (
    <section class="card table">
      <h2>{t('paytable.title')}</h2>
      {row ? (
        <table>
          <thead>
            <tr>
              <th scope="col">{t('paytable.matches')}</th>
              <th scope="col">{t('paytable.pays')}</th>
              <th scope="col">{t('paytable.wins')}</th>
            </tr>
          </thead>
          <tbody id="paytable">
            {linesOf(row).map(([hits, factor]) => (
              <tr key={hits}>
                <td>{number(hits)}</td>
                <td>
                  <bdi dir="ltr">{multiplier(factor)}</bdi>
                </td>
                <td>{stake.value === null ? '–' : money(textOf(times(stake.value, factor)))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        <p class="hint">{t('paytable.choose_first')}</p>
      )}
      {row && (
        <p class="hint" id="rtp">
          {t('paytable.rtp', { percent: percent(row.rtp) })} = <bdi>{row.rtp_exact}</bdi>
        </p>
      )}
    </section>
  );
}

function OwnBets() {
  const shown = bets.value.filter((bet, index) => index < SHOWN || bet.status === 'pending');
  return (
    <section class="card mine">
      <h2>{t('history.title')}</h2>
      <ul id="history">
        {shown.length ? shown.map((bet) => <BetRow key={bet.id} bet={bet} />) : <li class="empty">{t('history.empty')}</li>}
      </ul>
      <Button onClick={() => openScreen('history')}>{t('menu.history')}</Button>
    </section>
  );
}

function BetRow({ bet }: { bet: Bet }) {
  const round = findRound(bet.round_id);
  const hits = hitsOf(bet, round);
  const factor = bet.status === 'won' ? multiplierOf(bet, round) : null;
  return (
    <li class="bet" data-status={bet.status} data-bet={bet.id}>
      <p>
        <bdi class="ticket">#{ticketOf(bet)}</bdi> <bdi>{money(bet.stake)}</bdi> <span class="fate">{fateOf(bet)}</span>
      </p>
      <Balls numbers={bet.picks} marked={new Set(round?.numbers ?? [])} />
      {hits !== null && hits !== undefined && (
        <p class="hint">
          {t('bet.hits', { hits: number(hits) })}
          {factor && (
            <>
              {' · '}
              <bdi dir="ltr">{multiplier(factor)}</bdi>
            </>
          )}
        </p>
      )}
    </li>
  );
}

/** Below the board. */
export function Results() {
  return (
    <section class="card draws">
      <h2>
        {t('results.title')}{' '}
        {game.value && !game.value.entropy_public && (
          <span class="tag" id="not-public">
            {t('round.not_public')}
          </span>
        )}
      </h2>
      <ul id="results">
        {recent.value.slice(0, SHOWN).map((one) => (
          <ResultRow key={one.round_id} one={one} />
        ))}
        {!recent.value.length && <li class="empty">{t('results.empty')}</li>}
      </ul>
    </section>
  );
}

function ResultRow({ one }: { one: Round }) {
  const own = new Set(bets.value.filter((bet) => bet.round_id === one.round_id).flatMap((bet) => bet.picks));
  return (
    <li class="draw">
      <p>
        <b>{t('round.number', { number: number(one.number) })}</b>
        {/* An opener, so that the session of this tab is there too, for the player's own bets. */}
        <a href={`/verify?round=${one.round_id}&lang=${language.value}`} target="_blank" rel="opener">
          {t('round.verify')}
        </a>
      </p>
      <Balls numbers={[...one.numbers!].sort((a, b) => a - b)} marked={own} />
    </li>
  );
}

/** What each count of hits would win with this slip, the best first. */
export function Wins() {
  const row = rowOf(picks.value.length);
  if (!row) return null;
  return (
    <ul class="wins" id="wins" aria-label={t('slip.possible_win')}>
      {linesOf(row).map(([hits, factor]) => (
        <li key={hits}>
          <span>{t('bet.hits', { hits })}</span> · <bdi dir="ltr">{multiplier(factor)}</bdi>
          {stake.value !== null && <b>{money(textOf(times(stake.value, factor)))}</b>}
        </li>
      ))}
    </ul>
  );
}
