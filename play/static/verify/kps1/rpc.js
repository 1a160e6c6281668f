/** Reading evidence from a node of the verifier's choice, by JSON-RPC over HTTP. */

import { refuse } from './errors.js';
import { EVENT_TOPIC } from './evidence.js';
import { readJson } from './json.js';

const TIMEOUT_MS = 20_000;
/** How many blocks back the root before is looked for: all, and less where a node refuses so many. */
const SPANS = [null, 100_000, 10_000, 1_000];

/** What the node says about an anchor's transaction, its block, and the root before it: raw, as it can be saved. */
export async function fetchEvidence(address, anchor) {
  const chainId = await call(address, 'eth_chainId');
  const receipt = await call(address, 'eth_getTransactionReceipt', anchor.transaction);
  if (!receipt) return { chain_id: chainId, receipt: null, block: null, previous: null };
  const block = await call(address, 'eth_getBlockByHash', receipt.blockHash, false);
  const previous = anchor.seq > 1 ? await previousReceipt(address, anchor, receipt.blockNumber) : null;
  return { chain_id: chainId, receipt, block, previous };
}

/** The receipt of the root before; null where the contract has none, because it begins here. */
async function previousReceipt(address, anchor, until) {
  const topics = [EVENT_TOPIC, `0x${(anchor.seq - 1).toString(16).padStart(64, '0')}`];
  let refusal = null;
  for (const span of SPANS) {
    const fromBlock = span === null ? '0x0' : `0x${Math.max(Number(until) - span, 0).toString(16)}`;
    try {
      const question = { address: anchor.contract, topics, fromBlock, toBlock: until };
      const logs = await call(address, 'eth_getLogs', question);
      if (logs.length) return await call(address, 'eth_getTransactionReceipt', logs[0].transactionHash);
      if (!refusal) return null;
    } catch (error) {
      refusal = error;
    }
  }
  throw refusal;
}

async function call(address, method, ...params) {
  let answer;
  try {
    const response = await fetch(address, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      // Nothing of this site goes there: no cookie, no address of a page.
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    answer = readJson(await response.text());
  } catch (error) {
    refuse('ChainUnreadable', `${method}: ${error.message}`);
  }
  if (!answer || !('result' in answer)) refuse('ChainUnreadable', `${method}: ${JSON.stringify(answer).slice(0, 200)}`);
  return answer.result;
}
