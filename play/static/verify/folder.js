/** The documents that the visitor has brought, each told by what is in it. */

import { equal, fromHex, toUuid } from './kps1/bytes.js';
import { readBetDocument, readKeyList, readRound } from './kps1/documents.js';
import { refuse } from './kps1/errors.js';
import { readSaved } from './kps1/evidence.js';
import { readJson } from './kps1/json.js';
import { readBet, readCommit } from './kps1/messages.js';

/** The 176 bytes of a BET leaf. */
const BASE64 = /^[A-Za-z0-9+/]{235}=$/;
const HEX = /^[0-9a-f]{352}$/;

export class Folder {
  /** The round's document and, where it was asked for by number, that number. */
  round = null;
  roundId = null;
  bets = [];
  bet = null;
  evidence = new Map();
  /** Keys that the visitor trusts and, with a round that came from a site, those that the site publishes. */
  keys = null;
  published = null;
  close = null;
  receipts = [];
  /** The texts of what was taken in, so that a page in another language can take them in again. */
  brought = [];

  /**
   * Take a document in, from its bytes or text, and give its kind. Refuses what is none. Where its kind can be told
   * nevertheless, the error carries it, and it does not stay what it was before: nobody shall take one for the other.
   */
  take(source) {
    const value = bareReceipt(source) ?? readJson(source);
    const kind = kindOf(value) ?? refuse('DocumentMalformed', 'none of the documents that are known here');
    try {
      this.#places[kind](value);
    } catch (error) {
      if (kind === 'round') this.round = null;
      if (kind === 'bet') this.#setBets([]);
      throw Object.assign(error, { kind });
    }
    this.brought.push(typeof source === 'string' ? source : new TextDecoder().decode(source));
    return kind;
  }

  /** Where the round came from: what number was asked for, and which keys are published there. */
  from(roundId, keys) {
    this.roundId = roundId;
    this.published = keys && keysOf(keys);
  }

  /** Examine the bet with this id, if it was brought. */
  choose(betId) {
    this.bet = this.bets.find((bet) => toUuid(bet.bet_id) === betId) ?? this.bet;
  }

  /** The bet under examination, and the receipt that its bettor got for it. */
  receipt() {
    return this.receipts.find(({ betId }) => this.bet && equal(betId, this.bet.bet_id))?.leaf ?? null;
  }

  /** The round's own number, as players know it; null while it cannot be read. */
  get number() {
    try {
      return this.round && readCommit(this.round.commit.leaf).round_number;
    } catch {
      return null;
    }
  }

  /** Forget what belongs to the round before. */
  clear() {
    Object.assign(this, { round: null, roundId: null, bets: [], bet: null, evidence: new Map(), close: null });
    this.brought = [];
  }

  #setBets(bets) {
    this.bets = bets;
    this.bet = bets.at(-1) ?? null;
  }

  #places = {
    round: (value) => {
      this.round = readRound(value);
      this.roundId = this.published = null;
    },
    bet: (value) => {
      const bet = readBetDocument(value);
      this.#setBets([...this.bets.filter((other) => !equal(other.bet_id, bet.bet_id)), bet]);
    },
    evidence: (value) => {
      for (const [transaction, piece] of readSaved(value)) this.evidence.set(transaction, piece);
    },
    keys: (value) => {
      this.keys = keysOf(value);
    },
    close: (value) => {
      this.close = keptClose(value.close ?? value);
    },
    receipt: (value) => {
      const leaf = value instanceof Uint8Array ? value : leafOf(value.receipt);
      this.receipts.push({ leaf, betId: readBet(leaf).bet_id });
    },
  };
}

function keysOf(source) {
  return readKeyList(source).keys.map((key) => key.public_key);
}

function keptClose({ message, signature, key_id }) {
  const [kept, signed, keyId] = [message, signature, key_id].map(fromHex);
  if (!kept || signed?.length !== 64 || keyId?.length !== 8) refuse('DocumentMalformed', 'no CLOSE that was kept');
  return { message: kept, signature: signed, keyId };
}

/** A receipt by itself, as the API gives it to the bettor: Base64 or hex of a BET leaf. */
function bareReceipt(source) {
  const text = typeof source === 'string' ? source.trim() : '';
  return BASE64.test(text) || HEX.test(text) ? leafOf(text) : null;
}

function leafOf(text) {
  if (HEX.test(text)) return fromHex(text);
  if (!BASE64.test(text)) refuse('DocumentMalformed', 'no receipt of a bet');
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

function kindOf(value) {
  if (value instanceof Uint8Array) return 'receipt';
  const piece = Array.isArray(value) ? value[0] : value;
  if (typeof piece !== 'object' || piece === null) return null;
  if ('receipt' in piece && 'block' in piece) return 'evidence';
  if (Array.isArray(value)) return null;
  if (typeof value.receipt === 'string') return 'receipt';
  if ('commit' in value) return 'round';
  if ('paytable' in value) return 'bet';
  if ('keys' in value) return 'keys';
  // The frame of the stream that told of the close, or the CLOSE out of it.
  return value.type === 'round.closed' || ('message' in value && 'signature' in value) ? 'close' : null;
}
