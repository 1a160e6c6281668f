/** Check 10: the bet came to what its numbers, stake and paytable give, in exact fractions. */

import { equal } from './bytes.js';
import { passed, skipped } from './case.js';
import { DRAW_SIZE, POOL_SIZE } from './draw.js';
import { refuse } from './errors.js';
import { paytableHash } from './rules.js';

/** The house edge is never below 11 %, for any number of picks. */
const RETURN_MAX_PERCENT = 89n;

export async function checkPayout(one) {
  const { bet, betLeaf: leaf, document } = one;
  if (!bet) return skipped('no_bet');
  const { id, hash, multipliers } = bet.paytable;
  if (!equal(await paytableHash(multipliers), hash) || !equal(hash, leaf.paytable_hash)) {
    refuse('PaytableNotCommitted', 'the paytable has another hash than the one in the bet');
  }
  const seen = { paytable: id, highest_return: requireHouseEdge(multipliers), stake_minor: leaf.stake_minor };
  const numbers = document.reveal?.numbers;
  if (!numbers) return withoutNumbers(one, seen);
  const due = outcomeOf(leaf, multipliers, numbers);
  if (!agrees(bet.outcome, due)) {
    refuse('PayoutWrong', `${said(due)} is due, and the document says ${said(bet.outcome)}`);
  }
  return passed({ ...seen, hits: due.hits, multiplier: due.multiplier ?? 'none', win_minor: due.win_minor });
}

/** A multiplier such as "3.55" in hundredths of the stake: 355. It has at most two decimals. */
function hundredths(multiplier) {
  const [whole, rest = ''] = multiplier.split('.');
  return BigInt(whole) * 100n + BigInt(rest.padEnd(2, '0'));
}

/** The highest return of all numbers of picks, which must be within the bound. */
function requireHouseEdge(multipliers) {
  const all = waysToChoose(POOL_SIZE, DRAW_SIZE);
  let highest = 0n;
  for (const [picks, row] of Object.entries(multipliers)) {
    const paid = Object.entries(row).reduce(
      (sum, [hits, multiplier]) => sum + share(picks, hits) * hundredths(multiplier),
      0n,
    );
    if (paid > RETURN_MAX_PERCENT * all) refuse('HouseEdgeTooLow', `${picks} picks return ${percent(paid, all)}`);
    if (paid > highest) highest = paid;
  }
  return percent(highest, all);
}

/** In how many of all draws so many picks have so many hits. */
function share(picks, hits) {
  return waysToChoose(Number(picks), Number(hits)) * waysToChoose(POOL_SIZE - picks, DRAW_SIZE - hits);
}

function waysToChoose(from, count) {
  let ways = 1n;
  for (let i = 0; i < count; i++) ways = (ways * BigInt(from - i)) / BigInt(i + 1);
  return ways;
}

function percent(paid, all) {
  return `${Number((paid * 10_000n) / all) / 10_000} %`;
}

function outcomeOf(leaf, multipliers, numbers) {
  const row = multipliers[leaf.picks.length];
  if (!row) refuse('PayoutWrong', `the bet has ${leaf.picks.length} picks, and the paytable no row for them`);
  const hits = leaf.picks.filter((pick) => numbers.includes(pick)).length;
  const multiplier = row[hits] ?? null;
  if (multiplier === null) return { status: 'lost', hits, multiplier, win_minor: 0n };
  return { status: 'won', hits, multiplier, win_minor: (leaf.stake_minor * hundredths(multiplier)) / 100n };
}

function agrees(outcome, due) {
  const alike = (name) => outcome[name] === due[name];
  return outcome && ['status', 'hits', 'multiplier'].every(alike) && BigInt(outcome.win_minor) === due.win_minor;
}

function withoutNumbers({ bet, isVoid }, seen) {
  if (!isVoid) return skipped('unrevealed', seen);
  if (bet.outcome) refuse('PayoutWrong', 'the round is void, and the bet is said to be won or lost');
  return skipped('void', seen);
}

function said(outcome) {
  if (!outcome) return 'nothing (fetch it again, if it is from before the draw)';
  return `${outcome.status} with ${outcome.hits} hits, ${outcome.win_minor} minor units`;
}
