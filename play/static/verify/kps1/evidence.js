/**
 * What a verifier reads from a chain of its own choice about one transaction: raw answers of JSON-RPC. Answers differ
 * from node to node, so members that are not needed here are passed over.
 */

import { keccak_256 } from '../noble.js';
import { ascii, concat, equal, fromHex, readUint, toHex, uint } from './bytes.js';
import { refuse } from './errors.js';
import { readJson } from './json.js';

const WORD = 32;
const EVENT = keccak_256(ascii('Anchored(uint64,bytes32,uint64,uint8,bytes32)'));
/** The first topic of the contract's one event. */
export const EVENT_TOPIC = `0x${toHex(EVENT)}`;

/** Members of a header, in the order in which they are hashed; those of later upgrades may be missing, from the end. */
const HEADER = [
  ...['parentHash', 'sha3Uncles', 'miner', 'stateRoot', 'transactionsRoot', 'receiptsRoot', 'logsBloom', 'difficulty'],
  ...['number', 'gasLimit', 'gasUsed', 'timestamp', 'extraData', 'mixHash', 'nonce'],
];
const LATER = [
  ...['baseFeePerGas', 'withdrawalsRoot', 'blobGasUsed', 'excessBlobGas', 'parentBeaconBlockRoot', 'requestsHash'],
];
const NUMBERS = [
  ...['difficulty', 'number', 'gasLimit', 'gasUsed', 'timestamp', 'baseFeePerGas', 'blobGasUsed', 'excessBlobGas'],
];
const BESIDE = ['hash', 'size', 'totalDifficulty', 'transactions', 'uncles', 'withdrawals'];

/** Saved evidence, one piece or a list of them, by the hash of its transaction. */
export function readSaved(source) {
  const value = typeof source === 'string' || source instanceof Uint8Array ? unreadableUnless(source) : source;
  const pieces = (Array.isArray(value) ? value : [value]).map((piece, place) =>
    readEvidence(piece, `evidence[${place}]`),
  );
  return new Map(pieces.filter(({ receipt }) => receipt).map((piece) => [piece.receipt.transaction, piece]));
}

/** What the chain says about one anchor's transaction; what it does not know is null. */
export function readEvidence(value, path = 'evidence') {
  const own = new Answer(value, path);
  for (const name of ['receipt', 'block', 'previous']) if (!(name in own.values)) own.wrong(name, 'is missing');
  const inner = (name, read) => (value[name] === null ? null : read(value[name], `${path}.${name}`));
  return {
    chainId: own.quantity('chain_id'),
    receipt: inner('receipt', readReceipt),
    block: inner('block', readBlock),
    previous: inner('previous', readReceipt),
  };
}

function readReceipt(value, path) {
  const own = new Answer(value, path);
  return {
    transaction: own.data('transactionHash', 32),
    blockHash: own.data('blockHash', 32),
    blockNumber: own.quantity('blockNumber'),
    succeeded: own.quantity('status') === 1n,
    sender: own.data('from', 20),
    events: own
      .items('logs')
      .map((log, place) => readEvent(log, `${path}.logs[${place}]`))
      .filter(Boolean),
  };
}

function readBlock(value, path) {
  const own = new Answer(value, path);
  return {
    hash: own.data('hash', 32),
    number: own.quantity('number'),
    time: own.quantity('timestamp'),
    computedHash: hashOfHeader(own),
  };
}

/** The contract's event in one entry of a log; null where the entry is another one. */
function readEvent(value, path) {
  const own = new Answer(value, path);
  if (own.values.removed === true) return null;
  const contract = own.data('address', 20);
  const topics = own.items('topics').map((topic, place) => bytesOf(topic, `${path}.topics[${place}]`, 32));
  const data = bytesOf(own.values.data, `${path}.data`);
  if (topics.length !== 3 || !equal(topics[0], EVENT) || data.length !== 3 * WORD) return null;
  const [seq, size, kind] = [topics[1], data.subarray(0, WORD), data.subarray(WORD, 2 * WORD)].map(readUint);
  if (seq >> 64n || size >> 64n || kind >> 8n) return null;
  return { contract, seq, root: topics[2], size, kind, head: data.slice(2 * WORD) };
}

/**
 * A block's hash, made again from its header: it ties the block's time to the hash, which others can compare. Null
 * where the header has members of its own, as on some chains.
 */
function hashOfHeader(own) {
  const has = (name) => (own.values[name] ?? null) !== null;
  const present = LATER.filter(has);
  const known = [...HEADER, ...LATER, ...BESIDE];
  if (!HEADER.every(has) || !Object.keys(own.values).every((name) => known.includes(name))) return null;
  if (present.some((name, place) => name !== LATER[place])) return null;
  const field = (name) => {
    if (!NUMBERS.includes(name)) return bytesOf(own.values[name], `${own.path}.${name}`);
    const digits = own.quantity(name).toString(16);
    return digits === '0' ? new Uint8Array() : fromHex(digits.padStart(digits.length + (digits.length % 2), '0'));
  };
  return `0x${toHex(keccak_256(rlpList([...HEADER, ...present].map(field))))}`;
}

function rlpList(items) {
  const body = concat(...items.map((data) => (data.length === 1 && data[0] < 0x80 ? data : withLength(data, 0x80))));
  return withLength(body, 0xc0);
}

function withLength(data, offset) {
  if (data.length < 56) return concat([offset + data.length], data);
  const width = Math.ceil(data.length.toString(16).length / 2);
  return concat([offset + 55 + width], uint(data.length, width), data);
}

function unreadableUnless(source) {
  try {
    return readJson(source);
  } catch (error) {
    return refuse('ChainUnreadable', `the saved evidence cannot be read: ${error.message}`);
  }
}

/** Members of one object in an answer, each read in the form that JSON-RPC gives it. */
class Answer {
  constructor(value, path) {
    this.path = path;
    this.values = value;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      refuse('ChainUnreadable', `${path} must be an object`);
    }
  }

  quantity(name) {
    const value = this.values[name];
    if (typeof value !== 'string' || !/^0x[0-9a-fA-F]{1,64}$/.test(value)) this.wrong(name, 'must be a number in hex');
    return BigInt(value);
  }

  data(name, length) {
    return `0x${toHex(bytesOf(this.values[name], `${this.path}.${name}`, length))}`;
  }

  items(name) {
    return Array.isArray(this.values[name]) ? this.values[name] : this.wrong(name, 'must be a list');
  }

  wrong(name, why) {
    return refuse('ChainUnreadable', `${this.path}.${name} ${why}`);
  }
}

function bytesOf(value, path, length) {
  const bytes = typeof value === 'string' && value.startsWith('0x') ? fromHex(value.slice(2).toLowerCase()) : null;
  if (!bytes || (length !== undefined && bytes.length !== length)) {
    refuse('ChainUnreadable', `${path} must be ${length ?? ''} bytes in hex that begin with 0x`);
  }
  return bytes;
}
