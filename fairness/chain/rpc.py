"""Reading evidence from a node of the verifier's choice, by JSON-RPC over HTTP."""

import json

from fairness.chain.event import TOPIC
from fairness.chain.evidence import Evidence, raw_evidence
from fairness.errors import ChainUnreadable, DocumentMalformed, SourceUnreadable
from fairness.fetching import Fetch, fetch
from fairness.strict_json import parse

ANSWER_BYTES_MAX = 4 << 20
WITHIN_S = 20.0
_SPANS = (None, 100_000, 10_000, 1_000)
"""How many blocks back the root before is looked for: all, and less where a node refuses so many."""


class ChainReader:
    """
    Evidence from one node. What was read of a transaction is kept, so rounds of one epoch ask once.

    :raises ChainUnreadable: from every method, when there is no answer that can be understood.
    """

    def __init__(self, address: str, *, within_s: float = WITHIN_S) -> None:
        self._address, self._within_s = address, within_s
        self._known: dict[tuple[str, str, int], Evidence] = {}
        self._chain_id: int | None = None

    def chain_id(self) -> int:
        """The id of the chain that this node follows."""
        if self._chain_id is None:
            answer = self._call("eth_chainId")
            try:
                self._chain_id = int(str(answer), 16)
            except ValueError as fault:
                raise ChainUnreadable(f"{self._address}: {answer!r} is no id of a chain") from fault
        return self._chain_id

    def evidence_of(self, transaction: str, *, contract: str, seq: int) -> Evidence:
        """What the node says about this transaction, its block, and the root before it in the contract."""
        asked = (transaction, contract, seq)
        if asked not in self._known:
            self._known[asked] = Evidence.read(self.raw_evidence_of(transaction, contract=contract, seq=seq))
        return self._known[asked]

    def raw_evidence_of(self, transaction: str, *, contract: str, seq: int) -> dict[str, object]:
        """The same as the node's own answers, which can be saved."""
        receipt = self._call("eth_getTransactionReceipt", transaction)
        if not isinstance(receipt, dict):
            return raw_evidence(chain_id=self.chain_id(), receipt=None, block=None, previous=None)
        block = self._call("eth_getBlockByHash", receipt.get("blockHash"), False)
        previous = self._previous(contract, seq, until=receipt.get("blockNumber")) if seq > 1 else None
        return raw_evidence(chain_id=self.chain_id(), receipt=receipt, block=block, previous=previous)

    def _previous(self, contract: str, seq: int, *, until: object) -> object:
        """The receipt of the root before; None where the contract has none, because it begins here."""
        logs = self._logs(contract, seq - 1, until=until)
        found = [log.get("transactionHash") for log in logs if isinstance(log, dict)]
        return self._call("eth_getTransactionReceipt", found[0]) if found else None

    def _logs(self, contract: str, seq: int, *, until: object) -> list[object]:
        refusal: ChainUnreadable | None = None
        for span in _SPANS:
            question = {
                "address": contract,
                "topics": [TOPIC, f"0x{seq:064x}"],
                "fromBlock": _from_block(until, span),
                "toBlock": until,
            }
            try:
                logs = self._call("eth_getLogs", question)
            except ChainUnreadable as fault:
                refusal = fault
                continue
            if isinstance(logs, list) and (logs or refusal is None):
                return logs
        raise refusal or ChainUnreadable(f"{self._address}: eth_getLogs gave no list")

    def _call(self, method: str, *parameters: object) -> object:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
        ask = Fetch(address=self._address, body=body, limit=ANSWER_BYTES_MAX, within_s=self._within_s)
        try:
            answer = parse(fetch(ask), limit=ANSWER_BYTES_MAX)
        except (SourceUnreadable, DocumentMalformed) as fault:
            raise ChainUnreadable(f"{method}: {fault}") from fault
        if not isinstance(answer, dict) or "result" not in answer:
            raise ChainUnreadable(f"{method}: {self._address} answered {str(answer)[:200]}")
        return answer["result"]


def _from_block(until: object, span: int | None) -> str:
    try:
        return hex(max(int(str(until), 16) - span, 0)) if span is not None else "0x0"
    except ValueError as fault:
        raise ChainUnreadable(f"{until!r} is no number of a block") from fault
