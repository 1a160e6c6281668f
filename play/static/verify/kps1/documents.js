/**
 * Proof documents: JSON that carries everything a verifier needs of one round or one bet, signed as a whole. Reading
 * one checks its form to the last member, and that its members agree on how far the round has come.
 */

import { ascii, concat, isZero, toUuid } from './bytes.js';
import { DRAW_SIZE, POOL_SIZE } from './draw.js';
import * as form from './forms.js';
import { canonicalJson, readJson } from './json.js';

const DOCUMENT_DOMAIN = ascii('KPS1-DOCUMENT\0');
const PICKS_MAX = 10;
const PATH_STEPS_MAX = 64;
const COUNTERSIGNATURES_MAX = 1000;
const KEYS_MAX = 1000;

const protocol = form.oneOf('KPS-1');
const signature = { signature: form.hex(64), key_id: form.hex(8), public_key: form.hex(32) };
const place = {
  index: form.integer(),
  size: form.integer(1),
  path: form.list(form.hex(32), PATH_STEPS_MAX),
  root: form.hex(32),
};
const anchor = form.object({
  chain_id: form.integer(1),
  contract: form.address,
  seq: form.integer(1),
  kind: form.integer(0, 255),
  root: form.hex(32),
  size: form.integer(1),
  transaction: form.chainHash,
  block_number: form.integer(),
  block_hash: form.chainHash,
  block_time: form.integer(),
  head: form.hex(32),
  previous_head: form.hex(32),
});
const countersignature = form.object({ operator_id: form.uuid, public_key: form.hex(32), signature: form.hex(64) });
const close = form.object({
  message: form.message,
  ...signature,
  countersignatures: witnesses,
});
const result = form.object({ leaf: form.message, ...place, anchor: form.optional(anchor) });
const reveal = form.object({
  seed: form.hex(32),
  beacon_signature: form.optional(form.hex(48)),
  numbers: form.optional(allNumbers),
});
const roundForm = form.object({
  protocol,
  round_id: form.integer(1),
  game: form.text,
  status: form.oneOf('scheduled', 'open', 'closed', 'drawn', 'settled', 'revealed', 'void'),
  rules: form.text,
  network: readNetwork,
  commit: form.object({
    leaf: form.message,
    ...place,
    anchor: form.optional(anchor),
    statement: form.optional(form.object({ message: form.message, ...signature })),
  }),
  close: form.optional(close),
  reveal: form.optional(reveal),
  result: form.optional(result),
  epoch: form.object({ key_due_ms: form.integer(), key: form.optional(form.hex(32)) }),
  signed: form.object(signature),
});

const multiplier = form.matching(
  /^(?:0|[1-9][0-9]{0,6})(?:\.[0-9]?[1-9])?$/,
  'a decimal such as 3.55, with at most two digits and no zero at its end',
);
const betForm = form.object({
  protocol,
  bet_id: form.uuid,
  bet: betPlace,
  close: form.optional(close),
  paytable: form.object({
    id: form.text,
    hash: form.hex(32),
    multipliers: form.table(count(1, PICKS_MAX), (row, path, picks) =>
      form.table(count(0, Number(picks)), multiplier)(row, path),
    ),
  }),
  outcome: form.optional(
    form.object({
      status: form.oneOf('won', 'lost'),
      hits: form.integer(0, PICKS_MAX),
      multiplier: form.optional(multiplier),
      win_minor: form.integer(),
    }),
  ),
  signed: form.object(signature),
});

const keyListForm = form.object({
  keys: form.list(
    form.object({
      key_id: form.hex(8),
      algorithm: form.oneOf('Ed25519'),
      public_key: form.hex(32),
      valid_from: form.text,
      valid_until: form.optional(form.text),
    }),
    KEYS_MAX,
  ),
  chain: form.optional(form.object({ chain_id: form.integer(1), contract: form.address })),
});

/** A round's document, from its text or bytes or from JSON that is read already. */
export function readRound(source) {
  const value = valueOf(source);
  const round = { ...roundForm(value, ''), signedBytes: signedBytes(value) };
  const [begun, unrevealed] = [round.status !== 'scheduled' && round.status !== 'open', isUnrevealed(round.status)];
  if (!begun && (round.close || round.result || round.epoch.key)) {
    form.wrong('status', `a round that is ${round.status} has no close, result or epoch key`);
  }
  if ((unrevealed && round.reveal) || (round.status === 'revealed' && !round.reveal)) {
    form.wrong('status', `does not go with a reveal that is ${round.reveal ? 'there' : 'null'}`);
  }
  if (round.reveal && (round.reveal.numbers === null) === (round.status === 'revealed')) {
    form.wrong('status', 'a revealed round has numbers, and a void one has none');
  }
  return round;
}

/** A bet's document. `bet.index` is null before the close, and for a bet that the close does not contain. */
export function readBetDocument(source) {
  const value = valueOf(source);
  const bet = { ...betForm(value, ''), signedBytes: signedBytes(value) };
  if (bet.bet.index !== null && !bet.close) form.wrong('close', 'is null, and yet the bet has a place');
  return bet;
}

/** The house's list of signing keys, as at /.well-known/keno-keys.json. */
export function readKeyList(source) {
  return keyListForm(valueOf(source), '');
}

function valueOf(source) {
  return typeof source === 'string' || source instanceof Uint8Array ? readJson(source) : source;
}

/** What the house signs of a document: all its members but `signed`, in their one form. */
function signedBytes(value) {
  const { signed, ...members } = value;
  return concat(DOCUMENT_DOMAIN, ascii(canonicalJson(members)));
}

function isUnrevealed(status) {
  return status !== 'revealed' && status !== 'void';
}

/** An entropy network, whose values can describe one. */
export function readNetwork(value, path = 'network') {
  const read = form.object({
    name: form.text,
    public: form.truth,
    chain_hash: form.hex(32),
    public_key: form.hex(0, 96),
    genesis: form.integer(),
    period: form.integer(),
  })(value, path);
  const bare = read.name === 'none';
  const empty = isZero(read.chain_hash) && !read.public_key.length && !read.genesis && !read.period && !read.public;
  if (bare && !empty) form.wrong(path, 'the network `none` carries values of a beacon');
  if (!bare && (isZero(read.chain_hash) || !read.public_key.length || read.period < 1)) {
    form.wrong(path, 'a network needs a chain hash, a public key and a period');
  }
  return read;
}

function betPlace(value, path) {
  const nothing = Object.fromEntries(Object.keys(place).map((name) => [name, (member) => member]));
  const raw = form.object({ leaf: form.message, ...nothing })(value, path);
  const nulls = Object.keys(place).filter((name) => raw[name] === null).length;
  if (nulls === Object.keys(place).length) return raw;
  if (nulls) form.wrong(path, 'index, size, path and root are all there or all null');
  return form.object({ leaf: form.message, ...place })(value, path);
}

function witnesses(value, path) {
  const read = form.list(countersignature, COUNTERSIGNATURES_MAX)(value, path);
  const operators = new Set(read.map((each) => toUuid(each.operator_id)));
  return operators.size === read.length ? read : form.wrong(path, 'an operator stands there twice');
}

function allNumbers(value, path) {
  const numbers = form.list(form.integer(1, POOL_SIZE), DRAW_SIZE)(value, path);
  return numbers.length === DRAW_SIZE ? numbers : form.wrong(path, `must be ${DRAW_SIZE} numbers`);
}

function count(low, high) {
  return (name, path) => {
    const fits = /^(?:0|[1-9][0-9]?)$/.test(name) && Number(name) >= low && Number(name) <= high;
    return fits ? name : form.wrong(path, `must be named by a count from ${low} to ${high}`);
  };
}
