"""The page /verify, which alone is sent these."""

TEXTS: dict[str, str] = {
    "verify.title": "Check a round",
    "verify.intro": (
        "This page works out a draw again, on your own device. It needs no account. Once the documents are "
        "here, it asks this site for nothing more."
    ),
    "verify.insecure": (
        "The browser lends its cryptography only to pages that arrived encrypted. Open this page with https."
    ),
    "verify.loading": "Loading what the check needs…",
    "verify.ready": "Everything is loaded. You may cut the network now; only reading a blockchain needs it.",
    "verify.not_loaded": "Part of the page did not arrive. Load it again.",
    "verify.round": "Number or address of the round’s proof",
    "verify.fetch": "Fetch",
    "verify.fetching": "Fetching the proof…",
    "verify.not_found": "This proof could not be fetched",
    "verify.drop": "Or drop documents here: the round’s proof, your bet’s proof, your receipt, answers of a blockchain",
    "verify.choose_files": "Choose files",
    "verify.paste": "Paste a document",
    "verify.unreadable": "Not a document that this page knows",
    "verify.has_bet": "Your bet",
    "verify.has_chain": "Answers of the blockchain",
    "verify.has_keys": "Signing keys",
    "verify.has_close": "Seal that you kept",
    "verify.has_receipt": "Your receipt",
    "verify.chain": "Address of a blockchain node (JSON-RPC)",
    "verify.chain_hint": (
        "Choose one that you trust: the operator must not choose it for you. Only your device asks it."
    ),
    "verify.chain_from_link": (
        "This address came with the link. If the link is not your own, put in an address that you trust."
    ),
    "verify.chain_silent": "The blockchain gave no answer at this address",
    "verify.contract": "The contract that you know (optional)",
    "verify.contract_hint": (
        "The contract’s address on the blockchain, from a source of your own. Then no other contract is accepted."
    ),
    "verify.signed_only": "Also accept a promise that was only signed, and on no blockchain in time",
    "verify.check": "Check now",
    "verify.nothing_yet": "Nothing checked yet",
    "verify.running": "Checking…",
    "verify.all_passed": "Everything is right",
    "verify.some_open": "No error found",
    "verify.passed_count": "Checks passed: {count}",
    "verify.open_count": "Checks left open: {count}",
    "verify.failed": "Something is wrong with this round",
    "verify.state_passed": "Right",
    "verify.state_failed": "Wrong",
    "verify.state_skipped": "Left open",
    "verify.steps": "Step by step",
    "verify.evidence": "Technical details",
    "verify.your_bets": "Your bets in this round",
    "verify.picture": "How it fits together",
    "verify.picture_secret": "Before betting, a secret is locked away and its fingerprint published.",
    "verify.picture_chain": "The fingerprint stands on a blockchain, with the time.",
    "verify.picture_bets": "When betting closes, all bets are sealed and signed.",
    "verify.picture_beacon": "Only then does the random value of a beacon appear.",
    "verify.picture_draw": "Secret and random value together give the 20 numbers.",
    "verify.proven": "What it shows when everything is right",
    "verify.proven_fixed": (
        "The numbers follow from a secret that was fixed before betting and from a value that came after it. "
        "They were not changed because of the bets."
    ),
    "verify.proven_bets": (
        "The bets were sealed before that value came. Your own bet, if you brought it, is among them and was "
        "paid by its table."
    ),
    "verify.proven_device": "All of it was worked out on this device, not on a server.",
    "verify.unproven": "What it does not show",
    "verify.unproven_network": (
        "The beacon of this round is not public: whoever runs it could know the numbers early. They could not "
        "change them."
    ),
    "verify.unproven_none": (
        "This round has no beacon: the operator could know the numbers early. They could not change them."
    ),
    "verify.unproven_chain": (
        "Without a blockchain node it is not shown that the secret was fixed before betting opened."
    ),
    "verify.unproven_local_chain": (
        "This blockchain is a local one, made for trials: its times are only the word of whoever runs it."
    ),
    "verify.unproven_bet": "No bet was brought, so nothing is said about yours.",
    "verify.unproven_page": (
        "This page itself comes from the operator. To be quite sure, make the same check with a copy of the "
        "open program “fairness” from elsewhere."
    ),
    "verify_check.document": "The proof is complete and signed by the operator",
    "verify_check.commit_leaf": "What was promised for this round can be read",
    "verify_check.commit_inclusion": "The promise belongs to a published list",
    "verify_check.commit_anchor": "That list is on the blockchain",
    "verify_check.anchored_before_open": "It was there before betting opened",
    "verify_check.beacon_round": "Rules and beacon are the promised ones",
    "verify_check.seed": "The secret is the one that was locked away",
    "verify_check.beacon_signature": "The beacon’s value is genuine",
    "verify_check.numbers": "Secret and beacon give exactly these numbers",
    "verify_check.close_and_bet": "The bets were sealed before the beacon’s value came",
    "verify_check.payout": "Your bet was paid by its table",
    "verify_check.result": "The result is published, unchanged",
    "verify_check.epoch_key": "The secret was not picked by hand",
    "verify_skip.unrevealed": "Not shown yet: the round is not finished",
    "verify_skip.void": "The round was void: stakes go back",
    "verify_skip.not_open": "The round has not opened yet",
    "verify_skip.no_chain": "Not compared with the blockchain: no node was named, or it did not answer",
    "verify_skip.no_bet": "No bet was brought",
    "verify_skip.betting": "Betting is not over yet",
    "verify_skip.not_due": "Not published yet. Due: {time}",
    "verify_skip.not_final": "Not final on the blockchain yet",
    "verify_skip.key_lost": "The round is void because its key was lost",
    "verify_skip.signed_only": "Not on a blockchain in time: only the operator’s signature stands for it",
    "verify_error.document_malformed": "The document is damaged or incomplete.",
    "verify_error.document_signature_invalid": "The document was altered: the operator’s signature does not fit it.",
    "verify_error.document_not_as_asked": "This is the proof of another round or bet than the one asked for.",
    "verify_error.signing_key_unknown": "It is signed with a key that is not among the keys you brought.",
    "verify_error.key_id_wrong": "A signing key stands under a false name.",
    "verify_error.message_malformed": "A part of the proof has not the form that the protocol prescribes.",
    "verify_error.inclusion_proof_invalid": "What is shown is not in the published list.",
    "verify_error.statement_invalid": "The operator’s signed statement about the list is missing or does not fit it.",
    "verify_error.anchor_missing": "The list should be on the blockchain, and is not even said to be.",
    "verify_error.anchor_not_on_chain": "The blockchain has no such entry.",
    "verify_error.anchor_mismatch": "The blockchain says something else than the document.",
    "verify_error.anchor_head_wrong": (
        "The order of entries on the blockchain is broken: one was left out or exchanged."
    ),
    "verify_error.anchored_after_opening": "The promise came too late: the round was open already.",
    "verify_error.rules_not_committed": "The rules are not the promised ones.",
    "verify_error.network_not_as_pinned": "The beacon poses as a public one and is not.",
    "verify_error.network_not_committed": "Another beacon was used than the promised one.",
    "verify_error.beacon_round_not_by_rule": "The beacon’s value was chosen, and not fixed by the closing time.",
    "verify_error.seed_not_committed": "The secret is not the one that was locked away.",
    "verify_error.beacon_missing": "The beacon’s value is missing.",
    "verify_error.beacon_unexpected": "A beacon’s value was slipped in where none was promised.",
    "verify_error.beacon_signature_invalid": "The beacon’s value is false.",
    "verify_error.numbers_not_by_draw": "The numbers are not those that secret and beacon give.",
    "verify_error.close_missing": "The bets were not sealed.",
    "verify_error.close_signature_invalid": "The seal on the bets is not signed by the operator.",
    "verify_error.close_of_another_round": "The seal on the bets belongs to another round.",
    "verify_error.close_too_early": "Betting was closed too early.",
    "verify_error.close_too_late": "The bets were sealed when the beacon’s value could already be known.",
    "verify_error.close_twice": "The operator signed two different seals: the bets were changed.",
    "verify_error.countersignature_invalid": "A witness’s signature on the seal is false or missing.",
    "verify_error.bet_not_as_receipt": "The bet in the document is not the one on the receipt.",
    "verify_error.bet_of_another_round": "The bet belongs to another round.",
    "verify_error.bet_too_late": "The bet was accepted when betting was over.",
    "verify_error.paytable_not_committed": "The paytable is not the one that was agreed for the bet.",
    "verify_error.payout_wrong": "The bet was not paid as its numbers and table demand.",
    "verify_error.house_edge_too_low": "The paytable promises more than can be meant to be paid.",
    "verify_error.result_missing": "The result should have been published by now.",
    "verify_error.result_contradicts": "The published result says something else than this proof.",
    "verify_error.result_twice": "This round has two results.",
    "verify_error.epoch_key_missing": (
        "The key that shows where the secret comes from should have been published by now."
    ),
    "verify_error.seed_not_from_epoch_key": "The secret does not come from the published key: it was picked by hand.",
    "verify_error.chain_unreadable": "The blockchain’s answer cannot be understood.",
}
