/** Whether a root stands on a chain where the document says, and whether the contract's head binds it. */

import { keccak_256 } from '../noble.js';
import { concat, equal, isZero, toHex, uint } from './bytes.js';
import { refuse } from './errors.js';

export const EPOCH_KIND = 1;
export const RESULTS_KIND = 2;

/** Check that an anchor is about this tree, and on the contract that the verifier knows of, if it knows one. */
export function verifyClaim({ anchor, place, kind, contract }) {
  requireSame('root', anchor.root, place.root);
  requireSame('size', anchor.size, place.size);
  requireSame('kind', anchor.kind, kind);
  const otherChain = contract?.chain_id && contract.chain_id !== anchor.chain_id;
  if (contract && (otherChain || contract.contract !== anchor.contract)) {
    refuse('AnchorNotOnChain', `the anchor is in ${anchor.contract}, not in ${contract.contract}`);
  }
}

/** Check what can be checked of a head without a chain: that it follows from the one before, as claimed. */
export function verifyHead(anchor) {
  if (anchor.seq === 1 && !isZero(anchor.previous_head)) {
    refuse('AnchorHeadWrong', 'before the first root of all, the head is zero');
  }
  const { previous_head, seq, root, size, kind } = anchor;
  const expected = keccak_256(concat(previous_head, uint(seq, 8), root, uint(size, 8), uint(kind, 1)));
  if (!equal(anchor.head, expected)) refuse('AnchorHeadWrong', `the head before and the root give ${toHex(expected)}`);
}

/** Check an anchor against what the chain says. */
export function verifyOnChain(anchor, evidence) {
  const { chainId, receipt, block, previous } = evidence ?? {};
  if (!receipt) refuse('AnchorNotOnChain', `the chain knows no transaction ${anchor.transaction}`);
  if (chainId !== BigInt(anchor.chain_id)) {
    refuse('AnchorNotOnChain', `this is chain ${chainId}, and the anchor is on chain ${anchor.chain_id}`);
  }
  requireSame('transaction', anchor.transaction, receipt.transaction);
  const event = eventOf(receipt, anchor.contract, BigInt(anchor.seq));
  for (const name of ['seq', 'root', 'size', 'kind']) requireSame(name, anchor[name], event[name]);
  requireBlock(anchor, receipt, block);
  if (!equal(event.head, anchor.head)) refuse('AnchorHeadWrong', `the contract’s head is ${toHex(event.head)}`);
  requirePredecessor(anchor, previous, receipt.sender);
  verifyHead(anchor);
}

/** The contract's event of this place, else its first. */
function eventOf(receipt, contract, seq) {
  if (!receipt.succeeded) refuse('AnchorNotOnChain', `transaction ${receipt.transaction} failed`);
  const events = receipt.events.filter((event) => event.contract === contract);
  if (!events.length) refuse('AnchorNotOnChain', `transaction ${receipt.transaction} holds no root of ${contract}`);
  return events.find((event) => event.seq === seq) ?? events[0];
}

function requireBlock(anchor, receipt, block) {
  if (!block) refuse('AnchorNotOnChain', `the chain knows no block ${anchor.block_hash}`);
  for (const [hash, number] of [
    [receipt.blockHash, receipt.blockNumber],
    [block.hash, block.number],
  ]) {
    requireSame('block_hash', anchor.block_hash, hash);
    requireSame('block_number', anchor.block_number, number);
  }
  requireSame('block_time', anchor.block_time, block.time);
  if (block.computedHash && block.computedHash !== block.hash) {
    refuse('AnchorMismatch', `the header of block ${block.hash} gives the hash ${block.computedHash}`);
  }
}

/** A contract's first root has none before it; of every other, the head before must be the one that is bound. */
function requirePredecessor(anchor, previous, sender) {
  if (!previous) return;
  const before = BigInt(anchor.seq) - 1n;
  const event = eventOf(previous, anchor.contract, before);
  if (previous.sender !== sender) refuse('AnchorNotOnChain', `${sender} is not the publisher of the root before`);
  if (event.seq !== before || !equal(event.head, anchor.previous_head)) {
    refuse('AnchorHeadWrong', `root ${event.seq} left the head ${toHex(event.head)}`);
  }
}

function requireSame(what, claimed, found) {
  const [one, other] = [claimed, found].map((value) => (value instanceof Uint8Array ? toHex(value) : String(value)));
  if (one !== other) refuse('AnchorMismatch', `${what} is ${other}, and the document’s anchor says ${one}`);
}
