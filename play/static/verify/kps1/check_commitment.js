/** Checks 1 to 4: the round was committed, in a tree, on a chain, before it opened. */

import { EPOCH_KIND, verifyClaim, verifyHead, verifyOnChain } from './anchors.js';
import { equal, toHex, toUuid } from './bytes.js';
import { passed, skipped, timeText } from './case.js';
import { verifyEd25519 } from './ed25519.js';
import { FairnessError, refuse } from './errors.js';
import { leafHash, verifyInclusion } from './merkle.js';

export async function checkCommitLeaf(one) {
  const { commit } = one;
  return passed({
    stream: toUuid(commit.stream),
    round_number: commit.round_number,
    opens: timeText(commit.open_ms),
    closes: timeText(commit.close_ms),
    leaf_hash: toHex(await one.commitHash()),
  });
}

export async function checkCommitInclusion(one) {
  const { commit } = one.document;
  await verifyPlace(commit);
  await requireStatement(one, commit);
  const { root, index, size, path } = commit;
  return passed({ root: toHex(root), index, size, path_steps: path.length });
}

export async function checkCommitAnchor(one) {
  const { anchor } = one.document.commit;
  if (anchor) return checkAnchor(one, anchor, one.document.commit, EPOCH_KIND);
  if (one.isVoid) return skipped('void');
  if (!hasOpened(one)) return skipped('not_open');
  if (!one.known.allowSignedOnly) refuse('AnchorMissing', 'the round has opened, and its epoch is on no chain');
  return skipped('signed_only', {}, { byChoice: true });
}

export async function checkAnchoredBeforeOpen(one) {
  const { commit, statement, document, known } = one;
  const { anchor } = document.commit;
  if (statement && statement.committed_ms >= commit.open_ms) {
    refuse('AnchoredAfterOpening', 'the house’s own statement dates the commitment after the opening');
  }
  if (anchor && BigInt(anchor.block_time) * 1000n < commit.open_ms) {
    const ahead = Number(commit.open_ms - BigInt(anchor.block_time) * 1000n) / 1000;
    const seen = { block_time: timeText(anchor.block_time * 1000), before_opening_s: ahead };
    const compared = known.chain && (await known.chain(anchor)) !== undefined;
    return compared ? passed(seen) : skipped('no_chain', seen, { byChoice: true });
  }
  if (one.isVoid) return skipped('void');
  if (!hasOpened(one)) return skipped('not_open');
  if (!known.allowSignedOnly || !statement) {
    refuse('AnchoredAfterOpening', 'the epoch’s root was not on the chain when the round opened');
  }
  return passed({ signed_only: 'by the house’s word alone', committed: timeText(statement.committed_ms) });
}

/** Check that a leaf is at its place in its tree. */
export async function verifyPlace({ leaf, index, size, path, root }) {
  await verifyInclusion({ hash: await leafHash(leaf), index, size, path, root });
}

/** An anchor against the chain, or against itself where the chain was not asked. */
export async function checkAnchor({ known }, anchor, place, kind) {
  verifyClaim({ anchor, place, kind, contract: known.contract });
  const { chain_id, contract, seq, transaction } = anchor;
  const seen = { chain_id, contract, seq, transaction };
  const evidence = known.chain ? await known.chain(anchor) : undefined;
  if (evidence === undefined) {
    verifyHead(anchor);
    return skipped('no_chain', seen, { byChoice: true });
  }
  verifyOnChain(anchor, evidence);
  return passed({
    ...seen,
    block: anchor.block_number,
    block_hash: anchor.block_hash,
    block_hash_from_header: Boolean(evidence.block.computedHash),
    publisher: evidence.receipt.sender,
    head: toHex(anchor.head),
    head_before: evidence.previous ? 'of the root before' : 'the contract begins with this root',
  });
}

async function requireStatement(one, { statement: signed, root, size }) {
  if (!signed) refuse('StatementInvalid', 'the epoch has no signed statement');
  const { public_key: publicKey, message, signature } = signed;
  await verifyEd25519({ publicKey, message, signature }, 'StatementInvalid');
  const stated = statementOf(one);
  if (!equal(stated.root, root) || stated.size !== BigInt(size)) {
    refuse('StatementInvalid', 'the signed statement is about another root or size');
  }
}

function statementOf(one) {
  try {
    return one.statement;
  } catch (error) {
    if (!(error instanceof FairnessError)) throw error;
    return refuse('StatementInvalid', `what is signed is no statement: ${error.message}`);
  }
}

function hasOpened({ document, known, commit }) {
  return document.status !== 'scheduled' || BigInt(known.nowMs) >= commit.open_ms;
}
