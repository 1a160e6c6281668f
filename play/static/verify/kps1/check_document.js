/** Check 0: the documents are what the house signed, and about what was asked for. */

import { equal, toHex, toUuid } from './bytes.js';
import { passed } from './case.js';
import { verifyEd25519 } from './ed25519.js';
import { refuse } from './errors.js';
import { sha256 } from './hashing.js';

const KEY_ID_BYTES = 8;

export async function checkDocument(one) {
  const { document, bet, known } = one;
  await requireSigned(document, 'the round’s document', known.keys);
  if (bet) await requireSigned(bet, 'the bet’s document', known.keys);
  requireAsAsked(one);
  const { statement } = document.commit;
  if (statement) await requireKey(statement, 'commit.statement', known.keys);
  for (const close of one.closes()) await requireKey(close, 'close', known.keys);
  return passed({
    round_id: document.round_id,
    game: document.game,
    status: document.status,
    signed_by: toHex(document.signed.key_id),
    trusted_keys: known.keys ? 'those that were given' : 'the document’s own',
  });
}

/** Refuse a key that is not named by its own id, or that is not trusted. */
async function requireKey({ key_id, public_key }, where, trusted) {
  const named = (await sha256(public_key)).subarray(0, KEY_ID_BYTES);
  if (!equal(named, key_id)) refuse('KeyIdWrong', `${where}: ${toHex(key_id)} is not the key’s id`);
  if (trusted && !trusted.some((key) => equal(key, public_key))) {
    refuse('SigningKeyUnknown', `${where}: key ${toHex(key_id)} is not among those that are trusted`);
  }
}

async function requireSigned({ signed, signedBytes }, what, trusted) {
  await requireKey(signed, what, trusted);
  const asked = { publicKey: signed.public_key, message: signedBytes, signature: signed.signature };
  await verifyEd25519(asked, 'DocumentSignatureInvalid');
}

function requireAsAsked({ document, bet, known: { asked } }) {
  requireSame('round', asked.roundId, document.round_id);
  requireSame('game', asked.game, document.game);
  if (!bet) return;
  requireSame('bet', asked.betId && toUuid(asked.betId), toUuid(bet.bet_id));
  requireSame('paytable', asked.paytableId, bet.paytable.id);
}

function requireSame(what, asked, given) {
  const wanted = asked ?? given;
  if (wanted !== given) refuse('DocumentNotAsAsked', `${what} ${asked} was asked for, and ${what} ${given} is given`);
}
