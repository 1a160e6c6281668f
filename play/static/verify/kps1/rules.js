/** Rules and paytables as text with one canonical form, so that a hash can stand for them. */

import { ascii } from './bytes.js';
import { DRAW_SIZE, POOL_SIZE } from './draw.js';
import { refuse } from './errors.js';
import { sha256 } from './hashing.js';
import { canonicalJson } from './json.js';

const VOID_POLICY = 1;
const DECIMAL = /^(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$/;

/** The exact text of a game's rules, as it stands in proof documents. */
export function rulesText(networkName) {
  const members = { algorithm: 'KPS-1', draw: DRAW_SIZE, network: networkName, pool: POOL_SIZE };
  return canonicalJson({ ...members, void_policy: VOID_POLICY });
}

/** What a commitment says about its rules: the hash of their text. */
export function rulesHash(text) {
  if (/[^\0-\x7f]/.test(text)) refuse('RulesMalformed', 'the text of rules is ASCII');
  return sha256(ascii(text));
}

/** The canonical text of a paytable: picks -> hits -> payout per unit of stake, "3.50" and "3.5" being one. */
export function paytableText(multipliers) {
  const plainRow = (row) => mapMembers(row, plainDecimal);
  return canonicalJson(mapMembers(multipliers, plainRow));
}

/** What a bet's leaf says about its paytable. */
export function paytableHash(multipliers) {
  return sha256(ascii(paytableText(multipliers)));
}

function mapMembers(members, change) {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, change(value)]));
}

function plainDecimal(text) {
  if (!DECIMAL.test(text)) refuse('RulesMalformed', `"${text}" is not a plain decimal number`);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
