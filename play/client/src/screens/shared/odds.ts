/** The chances of a draw of 20 from 80 numbers, exactly. */

const NUMBERS = 80;
const DRAWN = 20;

function choose(n: number, k: number): bigint {
  if (k < 0 || k > n) return 0n;
  let ways = 1n;
  for (let each = 1; each <= k; each++) ways = (ways * BigInt(n - k + each)) / BigInt(each);
  return ways;
}

/** How many draws there are for one in which `hits` of `picks` numbers are drawn: the N of `1 in N`. */
export function oneIn(picks: number, hits: number): number {
  const good = choose(picks, hits) * choose(NUMBERS - picks, DRAWN - hits);
  // Hundredths, because the first rows of a table are as frequent as 1 in 2.29.
  return Number((choose(NUMBERS, DRAWN) * 100n) / good) / 100;
}
