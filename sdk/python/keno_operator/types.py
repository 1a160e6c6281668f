"""What calls take and answer. Amounts are decimal strings; times are RFC 3339 in UTC."""

# Written by sdk/python/generate.py from the platform's OpenAPI document. Change that, not this.

from typing import Any
from uuid import UUID

import msgspec


class MemberOutput(msgspec.Struct, frozen=True, kw_only=True):
    """
    A member. `totp_secret` is an admin's second factor, in base32, and `totp_address` the same for a QR code
    that an
    authenticator app reads; both in the answer that makes the member, or its second factor anew, only.
    """

    member_id: UUID
    username: str
    role: str
    parent_id: UUID | None
    commission: int
    active: bool
    balance: str
    currency: str
    created_at: str
    totp_secret: str | None = None
    totp_address: str | None = None


class PickOutput(msgspec.Struct, frozen=True, kw_only=True):
    """What one pick count pays, and its exact figures."""

    pick_count: int
    multipliers: dict[str, str]
    rtp: str
    rtp_exact: str
    house_edge: str
    hit_frequency: str
    standard_deviation: str


class PaytableOutput(msgspec.Struct, frozen=True, kw_only=True):
    """One version of the paytable. `hash` is the one in every BET leaf."""

    id: UUID
    name: str
    version: int
    active: bool
    hash: str
    picks: list[PickOutput]


class CallerKeyCreated(msgspec.Struct, frozen=True, kw_only=True):
    """A new key. The shared secret (base64) is shown this once."""

    key_id: str
    kind: str
    label: str
    public_key: str | None
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    secret: str | None


class ReportRunOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A report that was asked for. `file` is its address once it is done."""

    id: str
    report: str
    format: str
    language: str
    query: dict[str, Any]
    status: str
    rows: int
    totals: list[dict[str, Any]] | None
    error: str | None
    file: str | None
    bytes: int | None
    sha256: str | None
    rows_sha256: str | None
    schedule: str | None
    created_at: str
    finished_at: str | None
    expires_at: str | None


class CallKey(msgspec.Struct, frozen=True, kw_only=True):
    """A public key under which calls to operators are signed. It is valid until `valid_until`, if that is given."""

    key_id: str
    algorithm: str
    public_key: str
    valid_from: str
    valid_until: str | None


class CallKeys(msgspec.Struct, frozen=True, kw_only=True):
    """All of them, the newest first."""

    keys: list[CallKey]


class BetOutput(msgspec.Struct, frozen=True, kw_only=True):
    """
    A bet. `receipt` is the base64 of its KPS-1 BET leaf, whose hash is in the round's `bets_root`.

    `receipt_signature` is Ed25519 in hex over those bytes, by the key `receipt_key_id`; null unless it is
    asked for.
    """

    id: UUID
    ticket_id: UUID | None
    round_id: int
    game: str
    player_token: str
    picks: list[int]
    pick_count: int
    stake: str
    currency: str
    paytable_id: UUID
    potential_max_win: str
    status: str
    hits: int | None
    multiplier: str | None
    win_amount: str | None
    created_at: str
    receipt: str
    receipt_signature: str | None = None
    receipt_key_id: str | None = None


class SlipRow(msgspec.Struct, frozen=True, kw_only=True):
    """
    A slip in a list. `won` is what it has won by now, corrections included: nothing before its phase is
    settled.
    """

    slip_id: UUID
    phase_id: UUID
    member_id: UUID
    username: str
    bets: int
    total: str
    currency: str
    cancelled: bool
    won: str
    created_at: str


class BrandOutput(msgspec.Struct, frozen=True, kw_only=True):
    """An operator's looks. `languages` are those that its players are offered."""

    name: str
    logo_url: str
    primary_color: str
    languages: list[str]
    default_language: str
    second_language: str
    board_order: str
    home_url: str
    cashier_url: str


class EndpointOutput(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint, without its secret."""

    endpoint_id: UUID
    url: str
    description: str
    events: list[str]
    state: str
    state_reason: str
    local: bool
    previous_secret_until: str | None
    hold_until: str | None
    last_success_at: str | None
    created_at: str


class CheckOutput(msgspec.Struct, frozen=True, kw_only=True):
    """
    Whether a receipt is of this slip as it was taken, and how the slip stands. Without, nothing is said of
    it.
    """

    genuine: bool
    slip: SlipRow | None


class PhaseOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A phase. `winning_number` is the one that was confirmed first; a settlement says which counts now."""

    phase_id: UUID
    name: str
    status: str
    starts_at: str
    ends_at: str
    global_limit: str
    currency: str
    multiplier: int
    tod_multiplier: int
    neighbour_multiplier: int
    cancellation: bool
    winning_number: str | None
    created_at: str


class RunOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A comparison. `differences` leaves calls in doubt out; the totals are control sums of all amounts."""

    id: UUID
    status: str
    from_: str | None = msgspec.field(name="from")
    to: str | None
    file_name: str
    currency: str
    rows: int
    matched: int
    missing_here: int
    missing_there: int
    different_amount: int
    differences: int
    in_doubt: int
    total_here: str
    total_there: str
    created_at: str
    finished_at: str | None


class CountersignatureOutput(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the round's proof from now on."""

    round_id: int
    operator_id: str
    public_key: str
    signature: str
    created_at: str


class GameOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A sequence of rounds that this operator's players can play, and the limits of one bet in it."""

    code: str
    name: str
    interval_seconds: int
    betting_seconds: int
    entropy_network: str
    entropy_public: bool
    anchoring: str
    active: bool
    sandbox: bool
    currency: str
    min_stake: str
    max_stake: str
    max_win: str


class EndpointWithSecret(msgspec.Struct, frozen=True, kw_only=True):
    """The answer that makes a secret: the only time that it is shown."""

    endpoint_id: UUID
    url: str
    description: str
    events: list[str]
    state: str
    state_reason: str
    local: bool
    previous_secret_until: str | None
    hold_until: str | None
    last_success_at: str | None
    created_at: str
    secret: str


class CurrentRound(msgspec.Struct, frozen=True, kw_only=True):
    """The round now, with the server's time to count from and the sequence number that the stream goes on from."""

    round_id: int
    game: str
    number: int
    status: str
    opens_at: str
    closes_at: str
    commitment: str
    bets_count: int | None
    bets_root: str | None
    numbers: list[int] | None
    drawn_at: str | None
    server_seed: str | None
    server_seed_hash: str
    commitment_status: str | None
    blockchain_commit_reference: str | None
    blockchain_reveal_reference: str | None
    void_reason: str | None
    created_at: str
    server_time: str
    seq: int


class TransactionOutput(msgspec.Struct, frozen=True, kw_only=True):
    """One movement. Exactly one of debit and credit is not zero."""

    transaction_id: UUID
    kind: str
    player_token: str
    bet_id: UUID | None
    debit_amount: str
    credit_amount: str
    balance_after: str
    currency: str
    reference: str
    wallet_status: str
    rollback_flag: bool
    created_at: str


class Helpline(msgspec.Struct, frozen=True, kw_only=True):
    """Who helps."""

    name: str
    url: str
    number: str


class ProfileOutput(msgspec.Struct, frozen=True, kw_only=True):
    """What the profile demands. Amounts are null where it names none in this currency."""

    code: str
    name: str
    minimum_age: int
    autobet_allowed: bool
    turbo_allowed: bool
    game_start_min_ms: int
    stake_min: str | None
    stake_max: str | None
    session_max_minutes: int | None
    reality_check_minutes: int | None
    loosening_hours: int
    show_rtp: bool
    show_net_position: bool
    show_elapsed: bool
    helpline: Helpline | None
    cool_off_hours: list[int]
    exclusion_days: list[int]
    exclusion_forever: bool


class SessionClock(msgspec.Struct, frozen=True, kw_only=True):
    """How long the session lasts, and with what result: of all the player's bets since it was entered."""

    started_at: str
    elapsed_seconds: int
    expires_at: str
    ends_by_limit: bool
    staked: str
    returned: str
    net_position: str


class RealityCheckOutput(msgspec.Struct, frozen=True, kw_only=True):
    """When the next check is due. In the past: it is due now."""

    every_minutes: int
    due_at: str


class PendingOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A decision that waits. Neither amount nor minutes: there will be no limit."""

    amount: str | None
    minutes: int | None
    effective_from: str


class LimitOutput(msgspec.Struct, frozen=True, kw_only=True):
    """One limit of one source. Neither amount nor minutes: it is not in force yet."""

    kind: str
    period: str
    source: str
    amount: str | None
    minutes: int | None
    used: str | None
    left: str | None
    resets_at: str | None
    binding: bool
    pending: PendingOutput | None


class OfferedOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of limit that can be set, and for which periods."""

    kind: str
    periods: list[str]


class ExclusionOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A break or self-exclusion that is in force. `until` null: for ever."""

    exclusion_id: UUID
    kind: str
    source: str
    from_: str = msgspec.field(name="from")
    until: str | None


class ProtectionOutput(msgspec.Struct, frozen=True, kw_only=True):
    """
    Everything that protects a player; see docs/protection.md. Without a session where an operator's backend
    asks.
    """

    currency: str
    now: str
    profile: ProfileOutput
    session: SessionClock | None
    reality_check: RealityCheckOutput | None
    limits: list[LimitOutput]
    limits_offered: list[OfferedOutput]
    exclusion: ExclusionOutput | None


class InDoubtCall(msgspec.Struct, frozen=True, kw_only=True):
    """
    A call at the operator's wallet that is not definite. A debit: pending, or in_doubt while its rollback is
    on its
    way; a credit or rollback: pending until it is delivered, and a credit dead after a day.
    """

    transaction_id: UUID
    kind: str
    state: str
    reason: str
    bet_id: UUID
    round_id: int
    player_token: str
    amount: str
    currency: str
    attempts: int
    error: str
    created_at: str
    next_attempt_at: str | None


class InDoubtFeed(msgspec.Struct, frozen=True, kw_only=True):
    """The calls that are in doubt now, by transaction id: a list that shrinks, not a history."""

    results: list[InDoubtCall]
    after: UUID | None
    more: bool


class RoundOutput(msgspec.Struct, frozen=True, kw_only=True):
    """
    A round. What is not known, or not public yet, is null. The seed is public once the round is revealed.

    `commitment_status` is `anchored` where the commitment was final on the chain when the round opened,
    `signed-only`
    where it was not; the two references are transactions on the chain: of the commitment, and of the result.
    """

    round_id: int
    game: str
    number: int
    status: str
    opens_at: str
    closes_at: str
    commitment: str
    bets_count: int | None
    bets_root: str | None
    numbers: list[int] | None
    drawn_at: str | None
    server_seed: str | None
    server_seed_hash: str
    commitment_status: str | None
    blockchain_commit_reference: str | None
    blockchain_reveal_reference: str | None
    void_reason: str | None
    created_at: str


class FeedRound(msgspec.Struct, frozen=True, kw_only=True):
    """A finished round with what this operator had in it. `refunds` are the stakes of a void round."""

    round: RoundOutput
    ended_at: str
    bets: int
    winners: int
    stakes: str
    payouts: str
    refunds: str
    currency: str


class RoundFeed(msgspec.Struct, frozen=True, kw_only=True):
    """As the feed of transactions."""

    results: list[FeedRound]
    after: str
    more: bool
    complete_until: str


class FeedTransaction(msgspec.Struct, frozen=True, kw_only=True):
    """
    A transaction that is definite and never changes; the amount is never below zero.

    `status` on the seamless wallet: ok; refused (a debit); rolled_back (a debit in doubt that was rolled
    back, and
    never counted here); nothing_taken (the rollback of such a debit); resolved (a credit that was booked by
    hand).
    """

    transaction_id: UUID
    kind: str
    bet_id: UUID | None
    round_id: int | None
    player_token: str
    amount: str
    currency: str
    status: str
    operator_reference: str
    created_at: str
    finished_at: str


class TransactionFeed(msgspec.Struct, frozen=True, kw_only=True):
    """
    What follows the place that was asked for. Keep `after` and come back with it: at once when there is
    `more`, else
    after a while. Everything before `complete_until` has been told, or is told by following.
    """

    results: list[FeedTransaction]
    after: str
    more: bool
    complete_until: str


class CallDetail(msgspec.Struct, frozen=True, kw_only=True):
    """
    A call with its bodies as far as they are kept, secrets left out, and as lines for a shell. `complete`
    tells
    whether the lines send exactly the same.
    """

    call_id: UUID
    direction: str
    method: str
    path: str
    endpoint: str
    status: int | None
    code: str
    key: str
    request_id: str
    duration_ms: str
    started_at: str
    ids: list[str]
    headers: dict[str, str]
    request: str
    request_bytes: int
    response: str
    response_bytes: int
    error: str
    complete: bool
    curl: str
    httpie: str


class EventOutput(msgspec.Struct, frozen=True, kw_only=True):
    """An event with the members of its message; `event_id` is the `webhook-id` of the message."""

    event_id: UUID
    sequence: int
    type: str
    timestamp: str
    data: dict[str, Any]


class IntegrationOutput(msgspec.Struct, frozen=True, kw_only=True):
    """How an operator is integrated. `your_address` is where this very call came from, as we see it."""

    sandbox: bool
    wallet_mode: str
    signed_calls_required: bool
    allowed_addresses: list[str]
    frame_ancestors: list[str]
    your_address: str


class RateLimitOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A limit in force: so many a second, a decimal, and so many at once. Null: there is no limit."""

    limit: str
    per_second: str | None
    burst: int | None
    own: bool


class RateLimitsOutput(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of one operator and of each of its players. `own`: set for this operator alone."""

    limits: list[RateLimitOutput]


class WalletConnectionOutput(msgspec.Struct, frozen=True, kw_only=True):
    """
    A wallet connection. Until `hmac_previous_until` calls are signed with `hmac_previous_key_id`, afterwards
    with
    `hmac_key_id`; Ed25519 keys are at /.well-known/keno-call-keys.json.
    """

    url: str
    signing: str
    settlement: str
    zero_win_notices: bool
    is_local: bool
    concurrency_max: int
    active: bool
    hmac_key_id: str | None
    hmac_previous_key_id: str | None
    hmac_previous_until: str | None


class AttemptOutput(msgspec.Struct, frozen=True, kw_only=True):
    """One try: what was sent beside the body, what came back (its beginning), and when the next one was planned."""

    attempt_id: UUID
    number: int
    manual: bool
    outcome: str
    started_at: str
    url: str
    headers: dict[str, str]
    status: int | None
    error: str
    answer: str
    duration_ms: int | None
    next_attempt_at: str | None


class DeliveryDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery with the body that is sent, and every attempt."""

    delivery_id: UUID
    endpoint_id: UUID
    event_id: UUID
    sequence: int | None
    type: str
    state: str
    attempts: int
    in_flight: bool
    next_attempt_at: str | None
    error: str
    created_at: str
    finished_at: str | None
    body: str
    log: list[AttemptOutput]


class ErrorGroupOutput(msgspec.Struct, frozen=True, kw_only=True):
    """Calls that failed in the same way at the same endpoint. `example` is the newest call of them."""

    direction: str
    code: str
    method: str
    endpoint: str
    status: int | None
    count: int
    first_at: str
    last_at: str
    example: UUID
    example_request_id: str
    doc_url: str | None


class CallerKeyOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A key with which the operator's calls are signed. `public_key` is base64 of 32 bytes."""

    key_id: str
    kind: str
    label: str
    public_key: str | None
    created_at: str
    expires_at: str | None
    revoked_at: str | None


class CallOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A call without its bodies. `status` is null when no answer came; `code` is empty when it went well."""

    call_id: UUID
    direction: str
    method: str
    path: str
    endpoint: str
    status: int | None
    code: str
    key: str
    request_id: str
    duration_ms: str
    started_at: str


class EventsOutput(msgspec.Struct, frozen=True, kw_only=True):
    """
    Events in the order of their numbers. Ask again with `after=next_after`; `more` says that some wait
    already.
    """

    results: list[EventOutput]
    next_after: int
    more: bool


class FlagOutput(msgspec.Struct, frozen=True, kw_only=True):
    """
    Something in the bets that people should look at; it changes none of them. `evidence` depends on the rule,
    see
    docs/abuse.md; members may be added. `player_token` is null where it is about several players.
    """

    flag_id: UUID
    rule: str
    status: str
    player_token: str | None
    round_id: int | None
    evidence: dict[str, Any]
    times: int
    raised_at: str
    seen_at: str
    decided_at: str | None
    reason: str


class MovementOutput(msgspec.Struct, frozen=True, kw_only=True):
    """
    What moved a member's money: `slip`, `prize`, `slip_refund`, `credit_given`, `credit_taken`, `commission`
    or
    `reversal`. `amount` is below zero where it was taken; `slip_id` and `phase` are what it was for.
    """

    movement_id: UUID
    kind: str
    amount: str
    balance_after: str
    currency: str
    phase: str | None
    slip_id: UUID | None
    created_at: str


class NumberLimitOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A number with a limit of its own."""

    number: str
    max_amount: str


class NumberLimitsOutput(msgspec.Struct, frozen=True, kw_only=True):
    """The limit of every number, and those that differ."""

    phase_id: UUID
    currency: str
    global_limit: str
    numbers: list[NumberLimitOutput]


class ScheduleOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A report that is made by itself."""

    id: str
    report: str
    every: str
    format: str
    language: str
    query: dict[str, Any]
    created_at: str


class ColumnOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A column: its name in CSV and JSON, what it holds, and whether it is summed up."""

    name: str
    type: str
    summed: bool


class ReportOutput(msgspec.Struct, frozen=True, kw_only=True):
    """One report that there is."""

    report: str
    title: str
    about: str
    columns: list[ColumnOutput]
    parameters: list[str]
    needs: list[str]
    has_period: bool


class StatementOutput(msgspec.Struct, frozen=True, kw_only=True):
    """
    A collector's account of a phase. `commission` is on its own slips and on what was sold below it; `due` is
    what it
    keeps for the house: in, less out, less commission.
    """

    member_id: UUID
    username: str
    slips: int
    total_in: str
    total_out: str
    commission_rate: int
    commission: str
    due: str


class StatementsOutput(msgspec.Struct, frozen=True, kw_only=True):
    """The statements of a settled phase, by name; a collector sees its own."""

    phase_id: UUID
    currency: str
    statements: list[StatementOutput]


class DeliveryOutput(msgspec.Struct, frozen=True, kw_only=True):
    """One event on its way to one endpoint."""

    delivery_id: UUID
    endpoint_id: UUID
    event_id: UUID
    sequence: int | None
    type: str
    state: str
    attempts: int
    in_flight: bool
    next_attempt_at: str | None
    error: str
    created_at: str
    finished_at: str | None


class SupportLink(msgspec.Struct, frozen=True, kw_only=True):
    """The address of the page, on the operator's domain. Whoever has it can read the page until then."""

    url: str
    expires_at: str


class NumberOutput(msgspec.Struct, frozen=True, kw_only=True):
    """
    One number: in how many of the rounds it was drawn, and how many rounds ago last: 0 is the newest round,
    null none
    of them.
    """

    number: int
    drawn: int
    rounds_ago: int | None


class StatisticsOutput(msgspec.Struct, frozen=True, kw_only=True):
    """
    Counts over the latest drawn rounds of a game: `rounds` of them, fewer than asked for where there are no
    more, and
    from number `first_round` to `last_round`. Each draw is independent: counts tell nothing of the next one.
    """

    game: str
    rounds: int
    first_round: int | None
    last_round: int | None
    numbers: list[NumberOutput]


class SessionOpened(msgspec.Struct, frozen=True, kw_only=True):
    """Where to send the player: the address works once and for a minute."""

    session_id: UUID
    session_reference: str
    mode: str
    player_token: str
    currency: str
    launch_url: str
    launch_token: str
    launch_expires_at: str
    expires_at: str


class ClockEventOutput(msgspec.Struct, frozen=True, kw_only=True):
    """What happens to a round, and when by the game's own time."""

    event: str
    round_id: int
    number: int
    at: str


class ClockOutput(msgspec.Struct, frozen=True, kw_only=True):
    """
    The clock of a sandbox's game, `running` or `paused`. `time` is the game's own time, and all times of its
    rounds
    are by it; it is `lead_seconds` ahead of the real time. A clock that stands goes on by itself at
    `goes_on_at`, a
    real time.
    """

    game: str
    state: str
    time: str
    lead_seconds: float
    goes_on_at: str | None
    next: ClockEventOutput | None


class SentOutput(msgspec.Struct, frozen=True, kw_only=True):
    """The call as it went out."""

    method: str
    url: str
    headers: dict[str, str]
    body: str


class AnsweredOutput(msgspec.Struct, frozen=True, kw_only=True):
    """What came back; of a long body the beginning."""

    status: int
    headers: dict[str, str]
    body: str
    duration_ms: int


class PingOutput(msgspec.Struct, frozen=True, kw_only=True):
    """
    `ok` when the wallet answered as it must. Otherwise `problems` say what is wrong; and where nothing usable
    came
    back, `failed` is timeout, connection, address, redirect, too_large or protocol.
    """

    ok: bool
    problems: list[str]
    failed: str | None
    sent: SentOutput
    answered: AnsweredOutput | None


class PlacedOutput(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a placement: the first bet, and for a ticket all of them in the order of their rounds."""

    id: UUID
    ticket_id: UUID | None
    round_id: int
    game: str
    player_token: str
    picks: list[int]
    pick_count: int
    stake: str
    currency: str
    paytable_id: UUID
    potential_max_win: str
    status: str
    hits: int | None
    multiplier: str | None
    win_amount: str | None
    created_at: str
    receipt: str
    receipt_signature: str | None = None
    receipt_key_id: str | None = None
    ticket: list[BetOutput]


class BatchItem(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of a batch: the HTTP status that the bet alone would have got, and the bet or the problem."""

    status: int
    bet: PlacedOutput | None = None
    problem: dict[str, Any] | None = None


class BatchOutput(msgspec.Struct, frozen=True, kw_only=True):
    """The answers of a batch in the order of its bets."""

    results: list[BatchItem]


class BetAsk(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    One bet: on the current round of `game`, or on `round_id`; with `rounds`, on so many consecutive rounds.

    With `sign_receipt` the answer carries the installation's signature over each receipt.
    """

    picks: Any
    stake: Any
    currency: Any
    game: str | None = None
    round_id: int | None = None
    player_token: str | None = None
    rounds: int | None = None
    sign_receipt: bool | None = None


class LineOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a slip as it was read."""

    line: int
    text: str
    bets: int
    total: str


class PreviewOutput(msgspec.Struct, frozen=True, kw_only=True):
    """What a slip means, to be confirmed by its total."""

    lines: list[LineOutput]
    bets: int
    total: str
    currency: str


class PartOutput(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows were taken into this part."""

    part: int
    rows: int


class AccountOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A player's balance."""

    player_token: str
    balance: str
    currency: str


class DayOutput(msgspec.Struct, frozen=True, kw_only=True):
    """What the files of a finished day are. `totals` has by kind the number of transactions and their sum."""

    day: str
    currency: str
    rows: int
    totals: dict[str, Any]
    csv_sha256: str
    csv_bytes: int
    json_sha256: str
    json_bytes: int
    created_at: str


class NumberRiskOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A number: what is staked on it, what it would be paid itself, and what may still be staked on it."""

    number: str
    total: str
    bets: int
    potential_payout: str
    limit: str
    room: str
    version: int


class RiskOutput(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of a phase, and what is staked on all of them. `version` of a number rises with each change."""

    phase_id: UUID
    status: str
    currency: str
    multiplier: int
    total: str
    numbers: list[NumberRiskOutput]


class CorrectionOutput(msgspec.Struct, frozen=True, kw_only=True):
    """What a correction took back and paid."""

    number_before: str
    number_after: str
    reason: str
    reversed: str
    paid: str
    created_at: str


class SettlementOutput(msgspec.Struct, frozen=True, kw_only=True):
    """
    What a phase took and paid, as it was settled; corrections stand beside it, and `winning_number` is the
    one that
    counts now.
    """

    phase_id: UUID
    winning_number: str | None
    currency: str
    slips: int
    bets: int
    winners: int
    total_in: str
    total_out: str
    net_profit: str
    commission: str
    settled_at: str
    corrections: list[CorrectionOutput]


class CutOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A number that got less than was asked on it."""

    number: str
    asked: str
    taken: str


class SlipOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A slip. `check_code` stands on its receipt; `balance_after` is the collector's when it was taken."""

    slip_id: UUID
    phase_id: UUID
    member_id: UUID
    text: str
    bets: int
    asked: str
    total: str
    currency: str
    cut: list[CutOutput]
    balance_after: str
    check_code: str
    created_at: str


class SlipBetOutput(msgspec.Struct, frozen=True, kw_only=True):
    """One number of a slip; `line` is the slip's line as it was read."""

    bet_id: UUID
    line: int
    number: str
    amount: str


class SlipDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A slip with its bets, and what it has won by now."""

    slip: SlipOutput
    cancelled: bool
    won: str
    bets: list[SlipBetOutput]


class FeedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A sealed entry of the record with its number in the feed, its log and its place in that."""

    sequence: int
    log: str
    index: int
    entry: dict[str, Any]


class FeedOutput(msgspec.Struct, frozen=True, kw_only=True):
    """
    Entries in the order of their numbers. `after` is what to ask with next; `last` the newest number there
    is.
    """

    results: list[FeedEntry]
    after: int
    last: int


class ReplayOutput(msgspec.Struct, frozen=True, kw_only=True):
    """How many deliveries are sent once more."""

    replayed: int


class TurnoverRowOutput(msgspec.Struct, frozen=True, kw_only=True):
    """One game on one day (UTC)."""

    bets: int
    stakes: str
    payouts: str
    refunds: str
    ggr: str
    rtp: str | None
    day: str
    game: str


class FiguresOutput(msgspec.Struct, frozen=True, kw_only=True):
    """Decimal strings of the currency. `ggr` is stakes less payouts, `rtp` payouts over stakes."""

    bets: int
    stakes: str
    payouts: str
    refunds: str
    ggr: str
    rtp: str | None


class TurnoverOutput(msgspec.Struct, frozen=True, kw_only=True):
    """Turnover of a period. Void and cancelled bets are in `refunds` only."""

    from_: str = msgspec.field(name="from")
    to: str
    currency: str
    rows: list[TurnoverRowOutput]
    total: FiguresOutput


class KeyOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A new key; the secret is shown this once."""

    key_id: UUID
    api_key: str


class SecretOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A new shared secret (base64) for our calls to the wallet, shown this once."""

    key_id: str
    secret: str
    signs_from: str | None


class StepOutput(msgspec.Struct, frozen=True, kw_only=True):
    """
    What a step came to: what happened, in order; the last of these rounds as it is now; the clock. `done` is
    false
    where the settlement, or whoever drives the rounds, was not ready in time: it goes on, and the next step
    waits.
    """

    done: bool
    events: list[ClockEventOutput]
    round: RoundOutput
    clock: ClockOutput


class LayOffOutput(msgspec.Struct, frozen=True, kw_only=True):
    """What to place elsewhere on a number."""

    number: str
    total: str
    potential_payout: str
    amount: str


class LayOffsOutput(msgspec.Struct, frozen=True, kw_only=True):
    """What to lay off so that no number is paid more than `payout_max`; the largest first."""

    phase_id: UUID
    currency: str
    payout_max: str
    numbers: list[LayOffOutput]


class OutcomeOutput(msgspec.Struct, frozen=True, kw_only=True):
    """What the house would pay and keep if this number won; `prizes` says to which numbers."""

    number: str
    payout: str
    net: str
    prizes: dict[str, str]


class OutcomesOutput(msgspec.Struct, frozen=True, kw_only=True):
    """Outcomes, the dearest first."""

    phase_id: UUID
    currency: str
    outcomes: list[OutcomeOutput]
