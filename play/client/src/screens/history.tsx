/** All of the player's own bets, page by page, with filters. */

import { useEffect, useRef, useState } from 'preact/hooks';

import { dateTime } from '../dates';
import { money, multiplier, number } from '../format';
import { get } from '../net/api';
import { clock } from '../net/clock';
import { bets as live, ticketOf, type Bet, type BetStatus } from '../state/bets';
import { findRound, game as played, games, type Round } from '../state/feed';
import { closeScreen } from '../state/route';
import { t } from '../texts';
import { Balls, Button, Loading, Problem, Select } from '../ui';
import { Empty, Facts, Ltr } from './shared/parts';
import { proofLink } from './shared/proofs';
import { useResource } from './shared/resource';

interface Filter {
  game: string;
  status: BetStatus | '';
  days: string;
}

interface Page {
  next: string | null;
  results: Bet[];
}

const ALL: Filter = { game: '', status: '', days: '' };
const PAGE = 20;
const DAY_MS = 86_400_000;

export default function History() {
  const [filter, choose] = useState(ALL);
  const pages = usePages(addressOf(filter));
  const shown = pages.bets.map((bet) => newest(bet));
  const isFiltered = Object.values(filter).some(Boolean);
  return (
    <div class="screen">
      <Filters filter={filter} onChange={choose} />
      {shown.length > 0 && (
        <ul class="bets" aria-label={t('history.title')}>
          {shown.map((bet) => (
            <li key={bet.id} data-status={bet.status}>
              <BetCard bet={bet} />
            </li>
          ))}
        </ul>
      )}
      {pages.error !== null && <Problem error={pages.error} again={pages.more} />}
      {pages.loading && shown.length === 0 && <Loading />}
      {pages.settled && shown.length === 0 && (
        isFiltered ? (
          <Empty text={t('history.none_found')}>
            <Button onClick={() => choose(ALL)}>{t('history.show_all')}</Button>
          </Empty>
        ) : (
          <Empty text={t('history.empty')} hint={t('history.empty_hint')}>
            <Button kind="go" onClick={closeScreen}>
              {t('screen.back')}
            </Button>
          </Empty>
        )
      )}
      {pages.next && pages.error === null && (
        <Button class="more" aria-busy={pages.loading} onClick={pages.more}>
          {t('history.more')}
        </Button>
      )}
      <p class="hint" role="status">
        {pages.settled && shown.length > 0 && t('history.shown', { count: number(shown.length) })}
        {pages.settled && shown.length > PAGE && !pages.next && ` – ${t('history.end')}`}
      </p>
    </div>
  );
}

function Filters({ filter, onChange }: { filter: Filter; onChange: (filter: Filter) => void }) {
  const statuses: [Filter['status'], string][] = [
    ['', 'history.any_status'],
    ['pending', 'bet.pending'],
    ['won', 'history.won'],
    ['lost', 'bet.lost'],
    ['rolled_back', 'history.returned'],
  ];
  const periods: [string, string][] = [
    ['', 'history.all_time'],
    ['1', 'history.today'],
    ['7', 'history.week'],
    ['30', 'history.month'],
  ];
  const optionsOf = (pairs: [string, string][]) => pairs.map(([value, key]) => ({ value, label: t(key) }));
  return (
    <form class="filters" aria-label={t('history.filters')} onSubmit={(event) => event.preventDefault()}>
      {games.value.length > 1 && (
        <Select
          label={t('page.game')}
          value={filter.game}
          onChange={(game) => onChange({ ...filter, game })}
          options={[
            { value: '', label: t('history.all_games') },
            ...games.value.map((one) => ({ value: one.code, label: one.name })),
          ]}
        />
      )}
      <Select
        label={t('history.status')}
        value={filter.status}
        onChange={(status) => onChange({ ...filter, status: status as Filter['status'] })}
        options={optionsOf(statuses)}
      />
      <Select
        label={t('history.period')}
        value={filter.days}
        onChange={(days) => onChange({ ...filter, days })}
        options={optionsOf(periods)}
      />
    </form>
  );
}

/** One bet: what was asked, what became of it, and how to check that. */
export function BetCard({ bet }: { bet: Bet }) {
  const [asked, ask] = useState(false);
  const known = findRound(bet.round_id);
  const name = games.value.find((one) => one.code === bet.game)?.name ?? bet.game;
  const drawn = new Set(known?.numbers ?? []);
  // The frame that settles a bet does not count its matches.
  const hits = bet.hits ?? (known?.numbers ? bet.picks.filter((pick) => drawn.has(pick)).length : null);
  return (
    <article aria-label={t('history.ticket', { ticket: ticketOf(bet) })}>
      <p class="line">
        <bdi class="ticket">#{ticketOf(bet)}</bdi>
        <time dateTime={bet.created_at}>{dateTime(bet.created_at)}</time>
        <span class="fate">{fateOf(bet)}</span>
      </p>
      <Balls numbers={bet.picks} marked={drawn} />
      <Facts
        facts={[
          { name: t('slip.stake'), value: <bdi>{money(bet.stake)}</bdi> },
          { name: t('history.matches'), value: hits === null ? null : number(hits) },
          { name: t('history.multiplier'), value: bet.multiplier && <Ltr>{multiplier(bet.multiplier)}</Ltr> },
          { name: t('page.game'), value: games.value.length > 1 || name !== played.value?.name ? <bdi>{name}</bdi> : null },
        ]}
      />
      {bet.status !== 'pending' && (
        <details onToggle={(event) => ask((event.currentTarget as HTMLDetailsElement).open)}>
          <summary>{t('round.drawn_numbers')}</summary>
          {asked && <Draw roundId={bet.round_id} picks={bet.picks} />}
          <a {...proofLink(bet.round_id, bet.id)}>{t('round.verify')}</a>
        </details>
      )}
    </article>
  );
}

function Draw({ roundId, picks }: { roundId: number; picks: number[] }) {
  const { data, error, reload } = useResource(`round ${roundId}`, () => get<Round>(`rounds/${roundId}`));
  if (error !== null) return <Problem error={error} again={reload} />;
  if (!data) return <Loading />;
  if (!data.numbers) return <p>{t('round.void')}</p>;
  return (
    <>
      <p class="hint">{t('round.number', { number: number(data.number) })}</p>
      <Balls numbers={[...data.numbers].sort((a, b) => a - b)} marked={new Set(picks)} />
    </>
  );
}

/** What became of a bet, in words that neither cheer nor scold. */
function fateOf(bet: Bet): string {
  if (bet.status === 'won') return t('bet.won', { amount: money(bet.win_amount!) });
  if (bet.status === 'lost') return t('bet.lost');
  return bet.status === 'pending' ? t('bet.pending') : t('bet.returned', { amount: money(bet.stake) });
}

/** The game hears first what becomes of a bet that waits. */
function newest(bet: Bet): Bet {
  const heard = bet.status === 'pending' && live.value.find((one) => one.id === bet.id);
  return heard ? { ...bet, ...heard } : bet;
}

function addressOf({ game, status, days }: Filter): string {
  const query = new URLSearchParams({ limit: String(PAGE) });
  if (game) query.set('game', game);
  if (status) query.set('status', status);
  if (days) query.set('from', beginning(Number(days)).toISOString());
  return `bets?${query.toString()}`;
}

/** Midnight of today, or so many days before, where the device is: by the server's clock, in the device's zone. */
function beginning(days: number): Date {
  const now = new Date(clock.known ? clock.now() : Date.now());
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate());
  return new Date(midnight.getTime() - (days - 1) * DAY_MS);
}

/** The pages of a list so far, from the first one on. */
function usePages(address: string) {
  const [held, hold] = useState<{ address: string; bets: Bet[]; next: string | null; error: unknown; loading: boolean }>({
    address,
    bets: [],
    next: null,
    error: null,
    loading: true,
  });
  const turn = useRef(0);
  const read = async (path: string, before: Bet[]): Promise<void> => {
    const mine = ++turn.current;
    hold({ address, bets: before, next: path === address ? null : path, error: null, loading: true });
    try {
      const page = await get<Page>(path);
      if (mine !== turn.current) return;
      hold({ address, bets: [...before, ...page.results], next: page.next && pathOf(page.next), error: null, loading: false });
    } catch (error) {
      if (mine === turn.current) hold((old) => ({ ...old, error, loading: false }));
    }
  };
  useEffect(() => {
    void read(address, []);
    return () => void turn.current++;
  }, [address]);
  const own = held.address === address ? held : { ...held, bets: [], next: null, error: null, loading: true };
  return {
    ...own,
    settled: !own.loading && own.error === null,
    more: () => {
      if (!own.loading) void read(own.next ?? address, own.next ? own.bets : []);
    },
  };
}

/** A page's address as the server gives it, as what is behind `/api/v1/`. */
function pathOf(next: string): string {
  const { pathname, search } = new URL(next);
  return pathname.replace('/api/v1/', '') + search;
}
