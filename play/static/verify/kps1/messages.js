/** The five messages of KPS-1 in bytes: big-endian, every field of fixed width, zeros where nothing is. */

import { isZero, readUint } from './bytes.js';
import { DRAW_SIZE, POOL_SIZE } from './draw.js';
import { refuse } from './errors.js';

export const VOID_CAUSES = 6;
const PROTOCOL = 'KPS1';
const RESERVED_AT = 5;
const EXPONENT_AT = 109;

/** A COMMIT leaf: what is fixed about a round before it opens. Times are in milliseconds since 1970. */
export function readCommit(data) {
  const fields = new Fields(data, 'COMMIT', 1, 152).position();
  return {
    ...fields.read,
    ...fields.uints({ open_ms: 32, close_ms: 40, beacon_round: 80 }),
    beacon_chain_hash: fields.bytes(48, 32),
    rules_hash: fields.bytes(88, 32),
    commitment: fields.bytes(120, 32),
  };
}

/** A BET leaf: what a bettor gets a receipt for. */
export function readBet(data) {
  const fields = new Fields(data, 'BET', 2, 176).position();
  fields.zeros(110, 2);
  const picks = picksOf(fields.bytes(96, 10));
  if (!picks.length) refuse('FieldInvalid', 'a bet has at least one pick');
  const currency = String.fromCharCode(...fields.bytes(106, 3));
  if (!/^[A-Z0-9]{3}$/.test(currency)) refuse('FieldInvalid', 'currency is three capital letters or digits');
  return {
    ...fields.read,
    ...fields.uints({ stake_minor: 112, accepted_ms: 152 }),
    bet_id: fields.bytes(32, 16),
    operator_id: fields.bytes(48, 16),
    player_tag: fields.bytes(64, 32),
    picks,
    currency,
    exponent: data[EXPONENT_AT],
    paytable_hash: fields.bytes(120, 32),
    blind: fields.bytes(160, 16),
  };
}

/** A CLOSE message: all bets of a round, fixed before its outcome can be known. */
export function readClose(data) {
  const fields = new Fields(data, 'CLOSE', 3, 112).position();
  fields.zeros(44, 4);
  return {
    ...fields.read,
    ...fields.uints({ closed_ms: 32 }),
    bets_count: Number(readUint(fields.bytes(40, 4))),
    bets_root: fields.bytes(48, 32),
    prev_close_hash: fields.bytes(80, 32),
  };
}

/** A RESULT leaf: how a round ended. A missing signature is null, and numbers that were not drawn are none. */
export function readResult(data) {
  const fields = new Fields(data, 'RESULT', 4, 212).position();
  fields.zeros(202, 2);
  const [signature, numbers] = [fields.bytes(96, 48), fields.bytes(144, DRAW_SIZE)];
  const result = {
    ...fields.read,
    ...fields.uints({ drawn_ms: 204 }),
    commit_leaf_hash: fields.bytes(32, 32),
    seed: fields.bytes(64, 32),
    beacon_signature: isZero(signature) ? null : signature,
    numbers: isZero(numbers) ? [] : [...numbers],
    bets_root: fields.bytes(164, 32),
    bets_count: Number(readUint(fields.bytes(196, 4))),
    status: data[200],
    cause: data[201],
  };
  requireAgreement(result);
  return result;
}

/** An EPOCH statement: the house's signed word about the root of an epoch's commitments. */
export function readEpoch(data) {
  const fields = new Fields(data, 'EPOCH', 5, 64);
  fields.zeros(56, 8);
  return { root: fields.bytes(8, 32), ...fields.uints({ size: 40, committed_ms: 48 }) };
}

/** The numbers of a bitmap, ascending: number k is byte (k-1) >> 3, mask 0x80 >> ((k-1) & 7). */
function picksOf(bitmap) {
  const all = Array.from({ length: POOL_SIZE }, (_, at) => at + 1);
  return all.filter((number) => bitmap[(number - 1) >> 3] & (0x80 >> ((number - 1) & 7)));
}

/** One thing, one encoding: status, cause, signature and numbers may not contradict each other. */
function requireAgreement({ status, cause, numbers, beacon_signature }) {
  const wrong = (what) => refuse('FieldInvalid', what);
  if (status > 1) wrong(`there is no status ${status}`);
  if (cause > VOID_CAUSES) wrong(`there is no cause ${cause}`);
  if (numbers.some((number) => number < 1 || number > POOL_SIZE)) wrong(`numbers are 1 to ${POOL_SIZE}`);
  if (new Set(numbers).size !== numbers.length) wrong('a number stands twice');
  if ((status === 1) === (cause === 0)) wrong('status and cause do not go together');
  if (status === 0 && !numbers.length) wrong('a drawn round has numbers');
  if (status === 1 && !beacon_signature && numbers.length) wrong('a round void without a beacon has no numbers');
}

class Fields {
  /** What every message about one round has. */
  read = {};

  constructor(data, type, number, length) {
    this.data = data;
    if (data.length !== length) refuse('MessageLengthWrong', `${type} has ${length} bytes, not ${data.length}`);
    if (String.fromCharCode(...data.subarray(0, 4)) !== PROTOCOL) {
      refuse('MessageProtocolUnknown', `a message begins with ${PROTOCOL}`);
    }
    if (data[4] !== number) refuse('MessageTypeWrong', `${type} has type ${number}, not ${data[4]}`);
    this.zeros(RESERVED_AT, 3);
  }

  /** With stream and round, which all messages but EPOCH have. */
  position() {
    this.read = { stream: this.bytes(8, 16), ...this.uints({ round_number: 24 }) };
    return this;
  }

  bytes(at, length) {
    return this.data.slice(at, at + length);
  }

  /** Integers of 64 bits, by name and offset. */
  uints(places) {
    return Object.fromEntries(Object.entries(places).map(([name, at]) => [name, readUint(this.bytes(at, 8))]));
  }

  zeros(at, length) {
    if (!isZero(this.bytes(at, length))) {
      refuse('ReservedNotZero', `bytes ${at} to ${at + length - 1} must be zero`);
    }
  }
}
