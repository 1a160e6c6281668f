#!/bin/sh
# Every operation of the API as an HTTPie command. Made by `manage.py make_collections`; change nothing here.
#
#   sh keno.sh                       the names of all operations
#   KEY=ko_... sh keno.sh list_games place_bet
#   KEY=ko_... sh keno.sh --all      all of them one after the other: only where money is play money
#
# Variables, to be set in the environment:
: "${BASE:=http://localhost:8000}"  # the server's address
: "${KEY:=}"  # an operator's API key, ko_...
: "${PROVIDER_KEY:=}"  # the provider's API key, kp_...
: "${SESSION:=}"  # a player's session token, ps....
: "${MEMBER:=}"  # a lottery member's session token, bm....
: "${OPERATOR:=sandbox}"  # an operator's slug
: "${CURRENCY:=KES}"  # the operator's currency
: "${GAME:=keno-10s}"  # a game's code
: "${PLAYER:=player-1}"  # the operator's own name for a player
: "${ROUND_ID:=1}"  # a round, from GET /api/v1/rounds
: "${PASSWORD:=}"  # a lottery member's password
: "${LAUNCH_TOKEN:=}"  # from POST /api/v1/sessions; good once, for a minute
: "${DAY:=2026-11-20}"  # a day in UTC that is over
: "${BET_ID:=00000000-0000-7000-8000-000000000000}"
: "${CALL_ID:=00000000-0000-7000-8000-000000000000}"
: "${CALLER_KEY_ID:=00000000-0000-7000-8000-000000000000}"
: "${DELIVERY_ID:=00000000-0000-7000-8000-000000000000}"
: "${ENDPOINT_ID:=00000000-0000-7000-8000-000000000000}"
: "${ENTRY_ID:=00000000-0000-7000-8000-000000000000}"
: "${EVENT_ID:=00000000-0000-7000-8000-000000000000}"
: "${EXCLUSION_ID:=00000000-0000-7000-8000-000000000000}"
: "${FLAG_ID:=00000000-0000-7000-8000-000000000000}"
: "${KEY_ID:=00000000-0000-7000-8000-000000000000}"
: "${MEMBER_ID:=00000000-0000-7000-8000-000000000000}"
: "${NAME:=00000000-0000-7000-8000-000000000000}"
: "${PAYTABLE_ID:=00000000-0000-7000-8000-000000000000}"
: "${PHASE_ID:=00000000-0000-7000-8000-000000000000}"
: "${RUN_ID:=00000000-0000-7000-8000-000000000000}"
: "${SCHEDULE_ID:=00000000-0000-7000-8000-000000000000}"
: "${SESSION_ID:=00000000-0000-7000-8000-000000000000}"
: "${SLIP_ID:=00000000-0000-7000-8000-000000000000}"
: "${SHOW:=hb}"  # what HTTPie prints: H and B of the request, h and b of the response

request() { http --ignore-stdin --print "$SHOW" "$@" < /dev/null; }
new_key() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }

# --- anchors -------------------------------------------------------------------------------------------------------

list_leaves() {
    request GET "${BASE}/api/v1/anchors/1/leaves"
}

list_roots() {
    request GET "${BASE}/api/v1/anchors"
}

# --- banker --------------------------------------------------------------------------------------------------------

account_csv() {
    request GET "${BASE}/api/v1/banker/members/${MEMBER_ID}/account.csv" \
        from==2026-11-20T00:00:00Z \
        to==2026-11-21T00:00:00Z \
        "Authorization:Bearer ${KEY}"
}

account_json() {
    request GET "${BASE}/api/v1/banker/members/${MEMBER_ID}/account.json" \
        from==2026-11-20T00:00:00Z \
        to==2026-11-21T00:00:00Z \
        "Authorization:Bearer ${KEY}"
}

account_pdf() {
    request GET "${BASE}/api/v1/banker/members/${MEMBER_ID}/account.pdf" \
        from==2026-11-20T00:00:00Z \
        to==2026-11-21T00:00:00Z \
        "Authorization:Bearer ${KEY}"
}

activate_member() {
    request POST "${BASE}/api/v1/banker/members/${MEMBER_ID}/activate" \
        "Authorization:Bearer ${KEY}"
}

add_member() {
    request POST "${BASE}/api/v1/banker/members" \
        "Authorization:Bearer ${KEY}" \
        username=maria \
        role=collector \
        commission:=1000
}

banker_me() {
    request GET "${BASE}/api/v1/banker/me" \
        "Authorization:Bearer ${MEMBER}"
}

banker_sign_in() {
    request POST "${BASE}/api/v1/banker/sessions" \
        "operator=${OPERATOR}" \
        username=maria \
        "password=${PASSWORD}"
}

banker_sign_out() {
    request POST "${BASE}/api/v1/banker/sessions/end" \
        "Authorization:Bearer ${MEMBER}"
}

cancel_slip() {
    request POST "${BASE}/api/v1/banker/slips/${SLIP_ID}/cancel" \
        "Authorization:Bearer ${KEY}"
}

change_member_password() {
    request POST "${BASE}/api/v1/banker/me/password" \
        "Authorization:Bearer ${MEMBER}" \
        "present=${PASSWORD}" \
        "password=${PASSWORD}"
}

check_slip() {
    request POST "${BASE}/api/v1/banker/slips/${SLIP_ID}/check" \
        "Authorization:Bearer ${KEY}" \
        check_code=ABCD2345
}

clear_number_limit() {
    request DELETE "${BASE}/api/v1/banker/phases/${PHASE_ID}/limits/007" \
        "Authorization:Bearer ${KEY}"
}

close_phase() {
    request POST "${BASE}/api/v1/banker/phases/${PHASE_ID}/close" \
        "Authorization:Bearer ${KEY}"
}

confirm_result() {
    request POST "${BASE}/api/v1/banker/phases/${PHASE_ID}/result/confirm" \
        "Authorization:Bearer ${MEMBER}" \
        number=123
}

create_phase() {
    request POST "${BASE}/api/v1/banker/phases" \
        "Authorization:Bearer ${KEY}" \
        name=evening \
        starts_at=2026-11-21T18:00:00Z \
        ends_at=2026-11-21T23:00:00Z
}

deactivate_member() {
    request POST "${BASE}/api/v1/banker/members/${MEMBER_ID}/deactivate" \
        "Authorization:Bearer ${KEY}"
}

enter_result() {
    request POST "${BASE}/api/v1/banker/phases/${PHASE_ID}/result" \
        "Authorization:Bearer ${MEMBER}" \
        number=123
}

list_members() {
    request GET "${BASE}/api/v1/banker/members" \
        "Authorization:Bearer ${KEY}"
}

list_movements() {
    request GET "${BASE}/api/v1/banker/members/${MEMBER_ID}/movements" \
        "Authorization:Bearer ${KEY}"
}

list_number_limits() {
    request GET "${BASE}/api/v1/banker/phases/${PHASE_ID}/limits" \
        "Authorization:Bearer ${KEY}"
}

list_own_movements() {
    request GET "${BASE}/api/v1/banker/me/movements" \
        "Authorization:Bearer ${MEMBER}"
}

list_phases() {
    request GET "${BASE}/api/v1/banker/phases" \
        "Authorization:Bearer ${KEY}"
}

list_slips() {
    request GET "${BASE}/api/v1/banker/slips" \
        "Authorization:Bearer ${KEY}"
}

list_statements() {
    request GET "${BASE}/api/v1/banker/phases/${PHASE_ID}/statements" \
        "Authorization:Bearer ${KEY}"
}

move_credit() {
    request POST "${BASE}/api/v1/banker/members/${MEMBER_ID}/credit" \
        "Authorization:Bearer ${KEY}" \
        "Idempotency-Key:$(new_key)" \
        amount=100.00 \
        direction=give
}

open_phase() {
    request POST "${BASE}/api/v1/banker/phases/${PHASE_ID}/open" \
        "Authorization:Bearer ${KEY}"
}

own_account_csv() {
    request GET "${BASE}/api/v1/banker/me/account.csv" \
        from==2026-11-20T00:00:00Z \
        to==2026-11-21T00:00:00Z \
        "Authorization:Bearer ${MEMBER}"
}

own_account_json() {
    request GET "${BASE}/api/v1/banker/me/account.json" \
        from==2026-11-20T00:00:00Z \
        to==2026-11-21T00:00:00Z \
        "Authorization:Bearer ${MEMBER}"
}

own_account_pdf() {
    request GET "${BASE}/api/v1/banker/me/account.pdf" \
        from==2026-11-20T00:00:00Z \
        to==2026-11-21T00:00:00Z \
        "Authorization:Bearer ${MEMBER}"
}

phase_report_csv() {
    request GET "${BASE}/api/v1/banker/phases/${PHASE_ID}/report.csv" \
        "Authorization:Bearer ${KEY}"
}

phase_report_json() {
    request GET "${BASE}/api/v1/banker/phases/${PHASE_ID}/report.json" \
        "Authorization:Bearer ${KEY}"
}

phase_report_pdf() {
    request GET "${BASE}/api/v1/banker/phases/${PHASE_ID}/report.pdf" \
        "Authorization:Bearer ${KEY}"
}

place_slip() {
    request POST "${BASE}/api/v1/banker/slips" \
        "Authorization:Bearer ${MEMBER}" \
        "Idempotency-Key:$(new_key)" \
        "phase_id=${PHASE_ID}" \
        'text=123 500' \
        total=500.00
}

preview_slip() {
    request POST "${BASE}/api/v1/banker/slips/preview" \
        "Authorization:Bearer ${KEY}" \
        'text=123 500R200
1** 10'
}

propose_correction() {
    request POST "${BASE}/api/v1/banker/phases/${PHASE_ID}/corrections" \
        "Authorization:Bearer ${MEMBER}" \
        number=124 \
        'reason=an example'
}

read_member() {
    request GET "${BASE}/api/v1/banker/members/${MEMBER_ID}" \
        "Authorization:Bearer ${KEY}"
}

read_phase() {
    request GET "${BASE}/api/v1/banker/phases/${PHASE_ID}" \
        "Authorization:Bearer ${KEY}"
}

read_result() {
    request GET "${BASE}/api/v1/banker/phases/${PHASE_ID}/result" \
        "Authorization:Bearer ${MEMBER}"
}

read_risk() {
    request GET "${BASE}/api/v1/banker/phases/${PHASE_ID}/risk" \
        "Authorization:Bearer ${KEY}"
}

read_settlement() {
    request GET "${BASE}/api/v1/banker/phases/${PHASE_ID}/settlement" \
        "Authorization:Bearer ${KEY}"
}

read_slip() {
    request GET "${BASE}/api/v1/banker/slips/${SLIP_ID}" \
        "Authorization:Bearer ${KEY}"
}

receipt_escpos() {
    request GET "${BASE}/api/v1/banker/slips/${SLIP_ID}/receipt.escpos" \
        "Authorization:Bearer ${KEY}"
}

receipt_pdf() {
    request GET "${BASE}/api/v1/banker/slips/${SLIP_ID}/receipt.pdf" \
        "Authorization:Bearer ${KEY}"
}

reject_result() {
    request POST "${BASE}/api/v1/banker/phases/${PHASE_ID}/result/reject" \
        "Authorization:Bearer ${MEMBER}"
}

renew_second_factor() {
    request POST "${BASE}/api/v1/banker/members/${MEMBER_ID}/second-factor" \
        "Authorization:Bearer ${KEY}"
}

risk_csv() {
    request GET "${BASE}/api/v1/banker/phases/${PHASE_ID}/risk.csv" \
        "Authorization:Bearer ${KEY}"
}

risk_json() {
    request GET "${BASE}/api/v1/banker/phases/${PHASE_ID}/risk.json" \
        "Authorization:Bearer ${KEY}"
}

risk_pdf() {
    request GET "${BASE}/api/v1/banker/phases/${PHASE_ID}/risk.pdf" \
        "Authorization:Bearer ${KEY}"
}

set_commission() {
    request PUT "${BASE}/api/v1/banker/members/${MEMBER_ID}/commission" \
        "Authorization:Bearer ${KEY}" \
        commission:=1000
}

set_global_limit() {
    request PUT "${BASE}/api/v1/banker/phases/${PHASE_ID}/global-limit" \
        "Authorization:Bearer ${KEY}" \
        global_limit=50000.00
}

set_member_password() {
    request PUT "${BASE}/api/v1/banker/members/${MEMBER_ID}/password" \
        "Authorization:Bearer ${KEY}" \
        "password=${PASSWORD}"
}

set_number_limit() {
    request PUT "${BASE}/api/v1/banker/phases/${PHASE_ID}/limits/007" \
        "Authorization:Bearer ${KEY}" \
        max_amount=50.00
}

set_phase_end() {
    request PUT "${BASE}/api/v1/banker/phases/${PHASE_ID}/end" \
        "Authorization:Bearer ${KEY}" \
        ends_at=2100-01-01T00:00:00Z
}

statements_csv() {
    request GET "${BASE}/api/v1/banker/phases/${PHASE_ID}/statements.csv" \
        "Authorization:Bearer ${KEY}"
}

statements_json() {
    request GET "${BASE}/api/v1/banker/phases/${PHASE_ID}/statements.json" \
        "Authorization:Bearer ${KEY}"
}

statements_pdf() {
    request GET "${BASE}/api/v1/banker/phases/${PHASE_ID}/statements.pdf" \
        "Authorization:Bearer ${KEY}"
}

suggest_lay_offs() {
    request GET "${BASE}/api/v1/banker/phases/${PHASE_ID}/risk/lay-offs" \
        payout_max==10000.00 \
        "Authorization:Bearer ${KEY}"
}

what_if() {
    request GET "${BASE}/api/v1/banker/phases/${PHASE_ID}/risk/what-if/007" \
        "Authorization:Bearer ${KEY}"
}

worst_outcomes() {
    request GET "${BASE}/api/v1/banker/phases/${PHASE_ID}/risk/worst" \
        "Authorization:Bearer ${KEY}"
}

# --- bets ----------------------------------------------------------------------------------------------------------

bet_proof() {
    request GET "${BASE}/api/v1/bets/${BET_ID}/proof" \
        "Authorization:Bearer ${KEY}"
}

cancel_bet() {
    request POST "${BASE}/api/v1/bets/${BET_ID}/cancel" \
        "Authorization:Bearer ${KEY}"
}

list_bets() {
    request GET "${BASE}/api/v1/bets" \
        "player_token==${PLAYER}" \
        "Authorization:Bearer ${KEY}"
}

place_bet() {
    request POST "${BASE}/api/v1/bets" \
        "Authorization:Bearer ${KEY}" \
        "Idempotency-Key:$(new_key)" \
        "player_token=${PLAYER}" \
        "game=${GAME}" \
        'picks:=[7, 21, 63]' \
        stake=10.00 \
        "currency=${CURRENCY}"
}

place_bets() {
    request POST "${BASE}/api/v1/bets/batch" \
        "Authorization:Bearer ${KEY}" \
        "Idempotency-Key:$(new_key)" \
        "bets:=[{\"player_token\": \"${PLAYER}\", \"game\": \"${GAME}\", \"picks\": [7, 21, 63], \"stake\": \"10.00\", \"currency\": \"${CURRENCY}\"}, {\"player_token\": \"${PLAYER}\", \"game\": \"${GAME}\", \"picks\": [1, 2, 3, 4, 5], \"stake\": \"10.00\", \"currency\": \"${CURRENCY}\"}]"
}

read_bet() {
    request GET "${BASE}/api/v1/bets/${BET_ID}" \
        "Authorization:Bearer ${KEY}"
}

# --- brand ---------------------------------------------------------------------------------------------------------

change_brand() {
    request --raw '{}' PATCH "${BASE}/api/v1/brand" \
        "Authorization:Bearer ${KEY}"
}

get_brand() {
    request GET "${BASE}/api/v1/brand" \
        "Authorization:Bearer ${KEY}"
}

# --- caller-keys ---------------------------------------------------------------------------------------------------

add_caller_key() {
    request POST "${BASE}/api/v1/caller-keys" \
        "Authorization:Bearer ${KEY}" \
        kind=hmac \
        label=backend
}

list_caller_keys() {
    request GET "${BASE}/api/v1/caller-keys" \
        "Authorization:Bearer ${KEY}"
}

revoke_caller_key() {
    request DELETE "${BASE}/api/v1/caller-keys/${CALLER_KEY_ID}" \
        "Authorization:Bearer ${KEY}"
}

rotate_caller_key() {
    request POST "${BASE}/api/v1/caller-keys/${CALLER_KEY_ID}" \
        "Authorization:Bearer ${KEY}" \
        overlap_seconds:=86400
}

# --- calls ---------------------------------------------------------------------------------------------------------

get_call() {
    request GET "${BASE}/api/v1/calls/${CALL_ID}" \
        "Authorization:Bearer ${KEY}"
}

list_call_errors() {
    request GET "${BASE}/api/v1/calls/errors" \
        "Authorization:Bearer ${KEY}"
}

list_calls() {
    request GET "${BASE}/api/v1/calls" \
        "q==${PLAYER}" \
        "Authorization:Bearer ${KEY}"
}

# --- events --------------------------------------------------------------------------------------------------------

get_event() {
    request GET "${BASE}/api/v1/events/${EVENT_ID}" \
        "Authorization:Bearer ${KEY}"
}

list_events() {
    request GET "${BASE}/api/v1/events" \
        "Authorization:Bearer ${KEY}"
}

# --- evidence ------------------------------------------------------------------------------------------------------

bets_evidence() {
    request GET "${BASE}/api/v1/evidence/bets" \
        "Authorization:Bearer ${KEY}"
}

# --- feeds ---------------------------------------------------------------------------------------------------------

feed_in_doubt() {
    request GET "${BASE}/api/v1/feeds/in-doubt" \
        "Authorization:Bearer ${KEY}"
}

feed_rounds() {
    request GET "${BASE}/api/v1/feeds/rounds" \
        "Authorization:Bearer ${KEY}"
}

feed_transactions() {
    request GET "${BASE}/api/v1/feeds/transactions" \
        "Authorization:Bearer ${KEY}"
}

# --- flags ---------------------------------------------------------------------------------------------------------

list_flags() {
    request GET "${BASE}/api/v1/flags" \
        status==open \
        "Authorization:Bearer ${KEY}"
}

read_flag() {
    request GET "${BASE}/api/v1/flags/${FLAG_ID}" \
        "Authorization:Bearer ${KEY}"
}

# --- games ---------------------------------------------------------------------------------------------------------

create_game() {
    request POST "${BASE}/api/v1/games" \
        "Authorization:Bearer ${KEY}" \
        code=my-keno \
        'name=My Keno'
}

current_round() {
    request GET "${BASE}/api/v1/games/${GAME}/rounds/current" \
        "Authorization:Bearer ${KEY}"
}

day_proofs() {
    request GET "${BASE}/api/v1/games/${GAME}/proofs" \
        "day==${DAY}"
}

latest_draws() {
    request GET "${BASE}/api/v1/games/${GAME}/draws" \
        count==5 \
        "Authorization:Bearer ${KEY}"
}

list_games() {
    request GET "${BASE}/api/v1/games" \
        "Authorization:Bearer ${KEY}"
}

number_statistics() {
    request GET "${BASE}/api/v1/games/${GAME}/statistics" \
        "Authorization:Bearer ${KEY}"
}

pause_clock() {
    request POST "${BASE}/api/v1/games/${GAME}/clock/pause" \
        "Authorization:Bearer ${KEY}"
}

read_clock() {
    request GET "${BASE}/api/v1/games/${GAME}/clock" \
        "Authorization:Bearer ${KEY}"
}

run_clock() {
    request POST "${BASE}/api/v1/games/${GAME}/clock/run" \
        "Authorization:Bearer ${KEY}"
}

step_clock() {
    request POST "${BASE}/api/v1/games/${GAME}/clock/step" \
        "Authorization:Bearer ${KEY}" \
        until=drawn
}

# --- integration ---------------------------------------------------------------------------------------------------

get_integration() {
    request GET "${BASE}/api/v1/integration" \
        "Authorization:Bearer ${KEY}"
}

# --- keys ----------------------------------------------------------------------------------------------------------

list_keys() {
    request GET "${BASE}/api/v1/keys" \
        "Authorization:Bearer ${KEY}"
}

revoke_key() {
    request DELETE "${BASE}/api/v1/keys/${KEY_ID}" \
        "Authorization:Bearer ${KEY}"
}

rotate_key() {
    request POST "${BASE}/api/v1/keys/${KEY_ID}" \
        "Authorization:Bearer ${KEY}" \
        overlap_seconds:=86400
}

# --- operators -----------------------------------------------------------------------------------------------------

change_integration() {
    request PATCH "${BASE}/api/v1/operators/${OPERATOR}" \
        "Authorization:Bearer ${PROVIDER_KEY}" \
        'frame_ancestors:=["https://casino.example"]'
}

change_operator_brand() {
    request --raw '{}' PATCH "${BASE}/api/v1/operators/${OPERATOR}/brand" \
        "Authorization:Bearer ${PROVIDER_KEY}"
}

connect_wallet() {
    request PUT "${BASE}/api/v1/operators/${OPERATOR}/wallet" \
        "Authorization:Bearer ${PROVIDER_KEY}" \
        url=https://casino.example/wallet \
        signing=ed25519
}

create_operator() {
    request POST "${BASE}/api/v1/operators" \
        "Authorization:Bearer ${PROVIDER_KEY}" \
        slug=new-casino \
        'name=New Casino' \
        currency=KES \
        domain=new-casino.localhost \
        min_bet=1.00 \
        max_bet=1000.00 \
        max_win_per_ticket=100000.00
}

get_operator() {
    request GET "${BASE}/api/v1/operators/${OPERATOR}" \
        "Authorization:Bearer ${PROVIDER_KEY}"
}

get_operator_brand() {
    request GET "${BASE}/api/v1/operators/${OPERATOR}/brand" \
        "Authorization:Bearer ${PROVIDER_KEY}"
}

get_operator_rate_limits() {
    request GET "${BASE}/api/v1/operators/${OPERATOR}/rate-limits" \
        "Authorization:Bearer ${PROVIDER_KEY}"
}

get_operator_wallet() {
    request GET "${BASE}/api/v1/operators/${OPERATOR}/wallet" \
        "Authorization:Bearer ${PROVIDER_KEY}"
}

list_operators() {
    request GET "${BASE}/api/v1/operators" \
        "Authorization:Bearer ${PROVIDER_KEY}"
}

resume_operator() {
    request POST "${BASE}/api/v1/operators/${OPERATOR}/resume" \
        "Authorization:Bearer ${PROVIDER_KEY}" \
        'reason=an example'
}

set_operator_rate_limits() {
    request PUT "${BASE}/api/v1/operators/${OPERATOR}/rate-limits" \
        "Authorization:Bearer ${PROVIDER_KEY}" \
        player_bets=5/50 \
        player_calls:=null
}

suspend_operator() {
    request POST "${BASE}/api/v1/operators/${OPERATOR}/suspend" \
        "Authorization:Bearer ${PROVIDER_KEY}" \
        'reason=an example'
}

# --- paytables -----------------------------------------------------------------------------------------------------

active_paytable() {
    request GET "${BASE}/api/v1/paytables/active" \
        "Authorization:Bearer ${KEY}"
}

read_paytable() {
    request GET "${BASE}/api/v1/paytables/${PAYTABLE_ID}" \
        "Authorization:Bearer ${KEY}"
}

# --- players -------------------------------------------------------------------------------------------------------

exclude_player() {
    request POST "${BASE}/api/v1/players/${PLAYER}/protection/exclusions" \
        "Authorization:Bearer ${KEY}" \
        kind=cool_off \
        hours:=24 \
        'reason=an example'
}

lift_exclusion() {
    request POST "${BASE}/api/v1/players/${PLAYER}/protection/exclusions/${EXCLUSION_ID}/lift" \
        "Authorization:Bearer ${KEY}" \
        'reason=an example'
}

read_players_protection() {
    request GET "${BASE}/api/v1/players/${PLAYER}/protection" \
        "Authorization:Bearer ${KEY}"
}

set_players_limit() {
    request PUT "${BASE}/api/v1/players/${PLAYER}/protection/limits/loss/day" \
        "Authorization:Bearer ${KEY}" \
        amount=500.00
}

withdraw_players_limit() {
    request DELETE "${BASE}/api/v1/players/${PLAYER}/protection/limits/loss/day/pending" \
        "Authorization:Bearer ${KEY}"
}

# --- protection ----------------------------------------------------------------------------------------------------

answer_reality_check() {
    request POST "${BASE}/api/v1/protection/reality-checks" \
        "Authorization:Bearer ${SESSION}" \
        choice=continue
}

exclude_oneself() {
    request POST "${BASE}/api/v1/protection/exclusions" \
        "Authorization:Bearer ${SESSION}" \
        kind=cool_off \
        hours:=24
}

read_protection() {
    request GET "${BASE}/api/v1/protection" \
        "Authorization:Bearer ${SESSION}"
}

set_limit() {
    request PUT "${BASE}/api/v1/protection/limits/loss/day" \
        "Authorization:Bearer ${SESSION}" \
        amount=500.00
}

withdraw_limit() {
    request DELETE "${BASE}/api/v1/protection/limits/loss/day/pending" \
        "Authorization:Bearer ${SESSION}"
}

# --- rate-limits ---------------------------------------------------------------------------------------------------

get_rate_limits() {
    request GET "${BASE}/api/v1/rate-limits" \
        "Authorization:Bearer ${KEY}"
}

# --- reconciliation ------------------------------------------------------------------------------------------------

compare_reconciliation() {
    request POST "${BASE}/api/v1/reconciliation/${RUN_ID}/compare" \
        "Authorization:Bearer ${KEY}"
}

list_differences() {
    request GET "${BASE}/api/v1/reconciliation/${RUN_ID}/differences" \
        "Authorization:Bearer ${KEY}"
}

list_reconciliations() {
    request GET "${BASE}/api/v1/reconciliation" \
        "Authorization:Bearer ${KEY}"
}

put_reconciliation_part() {
    request PUT "${BASE}/api/v1/reconciliation/${RUN_ID}/parts/1" \
        "Authorization:Bearer ${KEY}" \
        'rows:=[]'
}

read_day() {
    request GET "${BASE}/api/v1/reconciliation/days/${DAY}" \
        "Authorization:Bearer ${KEY}"
}

read_day_csv() {
    request GET "${BASE}/api/v1/reconciliation/days/${DAY}.csv" \
        "Authorization:Bearer ${KEY}"
}

read_day_json() {
    request GET "${BASE}/api/v1/reconciliation/days/${DAY}.json" \
        "Authorization:Bearer ${KEY}"
}

read_reconciliation() {
    request GET "${BASE}/api/v1/reconciliation/${RUN_ID}" \
        "Authorization:Bearer ${KEY}"
}

reconcile() {
    request POST "${BASE}/api/v1/reconciliation" \
        "Authorization:Bearer ${KEY}" \
        from=2026-11-20T00:00:00Z \
        to=2026-11-21T00:00:00Z \
        'rows:=[]'
}

# --- record --------------------------------------------------------------------------------------------------------

record_checkpoint() {
    request GET "${BASE}/api/v1/record/checkpoint" \
        "Authorization:Bearer ${KEY}"
}

record_consistency() {
    request GET "${BASE}/api/v1/record/consistency" \
        "Authorization:Bearer ${KEY}"
}

record_entries() {
    request GET "${BASE}/api/v1/record/entries" \
        "Authorization:Bearer ${KEY}"
}

record_entry_proof() {
    request GET "${BASE}/api/v1/record/entries/${ENTRY_ID}/proof" \
        "Authorization:Bearer ${KEY}"
}

record_log() {
    request GET "${BASE}/api/v1/record" \
        "Authorization:Bearer ${KEY}"
}

# --- regulator -----------------------------------------------------------------------------------------------------

regulator_feed() {
    request GET "${BASE}/api/v1/regulator/feed" \
        "Authorization:Bearer ${KEY}"
}

# --- reports -------------------------------------------------------------------------------------------------------

ask_for_report() {
    request POST "${BASE}/api/v1/reports/runs" \
        "Authorization:Bearer ${KEY}" \
        report=example
}

end_report_schedule() {
    request DELETE "${BASE}/api/v1/reports/schedules/${SCHEDULE_ID}" \
        "Authorization:Bearer ${KEY}"
}

list_report_runs() {
    request GET "${BASE}/api/v1/reports/runs" \
        "Authorization:Bearer ${KEY}"
}

list_report_schedules() {
    request GET "${BASE}/api/v1/reports/schedules" \
        "Authorization:Bearer ${KEY}"
}

list_reports() {
    request GET "${BASE}/api/v1/reports" \
        "Authorization:Bearer ${KEY}"
}

read_report_csv() {
    request GET "${BASE}/api/v1/reports/${NAME}.csv" \
        "Authorization:Bearer ${KEY}"
}

read_report_file() {
    request GET "${BASE}/api/v1/reports/runs/${RUN_ID}/file" \
        "Authorization:Bearer ${KEY}"
}

read_report_json() {
    request GET "${BASE}/api/v1/reports/${NAME}.json" \
        "Authorization:Bearer ${KEY}"
}

read_report_pdf() {
    request GET "${BASE}/api/v1/reports/${NAME}.pdf" \
        "Authorization:Bearer ${KEY}"
}

read_report_run() {
    request GET "${BASE}/api/v1/reports/runs/${RUN_ID}" \
        "Authorization:Bearer ${KEY}"
}

report_turnover_csv() {
    request GET "${BASE}/api/v1/reports/turnover.csv" \
        from==2026-11-20T00:00:00Z \
        to==2026-11-21T00:00:00Z \
        "Authorization:Bearer ${KEY}"
}

report_turnover_json() {
    request GET "${BASE}/api/v1/reports/turnover.json" \
        from==2026-11-20T00:00:00Z \
        to==2026-11-21T00:00:00Z \
        "Authorization:Bearer ${KEY}"
}

schedule_report() {
    request POST "${BASE}/api/v1/reports/schedules" \
        "Authorization:Bearer ${KEY}" \
        report=example \
        every=example
}

# --- rounds --------------------------------------------------------------------------------------------------------

countersign_round() {
    request POST "${BASE}/api/v1/rounds/${ROUND_ID}/countersignature" \
        "Authorization:Bearer ${KEY}" \
        public_key=0000000000000000000000000000000000000000000000000000000000000000 \
        signature=00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
}

list_rounds() {
    request GET "${BASE}/api/v1/rounds" \
        "game==${GAME}" \
        limit==10 \
        "Authorization:Bearer ${KEY}"
}

make_support_link() {
    request --raw '{}' POST "${BASE}/api/v1/rounds/${ROUND_ID}/support-link" \
        "Authorization:Bearer ${KEY}"
}

read_round() {
    request GET "${BASE}/api/v1/rounds/${ROUND_ID}" \
        "Authorization:Bearer ${KEY}"
}

round_proof() {
    request GET "${BASE}/api/v1/rounds/${ROUND_ID}/proof"
}

# --- sessions ------------------------------------------------------------------------------------------------------

enter_session() {
    request POST "${BASE}/api/v1/sessions/enter" \
        "launch_token=${LAUNCH_TOKEN}"
}

open_session() {
    request POST "${BASE}/api/v1/sessions" \
        "Authorization:Bearer ${KEY}" \
        "player_token=${PLAYER}" \
        "currency=${CURRENCY}"
}

revoke_session() {
    request DELETE "${BASE}/api/v1/sessions/${SESSION_ID}" \
        "Authorization:Bearer ${KEY}"
}

# --- wallet --------------------------------------------------------------------------------------------------------

deposit() {
    request POST "${BASE}/api/v1/wallet/deposits" \
        "Authorization:Bearer ${KEY}" \
        "Idempotency-Key:$(new_key)" \
        "player_token=${PLAYER}" \
        amount=100.00 \
        "currency=${CURRENCY}" \
        reference=cash-1
}

get_wallet_connection() {
    request GET "${BASE}/api/v1/wallet/connection" \
        "Authorization:Bearer ${KEY}"
}

list_transactions() {
    request GET "${BASE}/api/v1/wallet/transactions" \
        "player_token==${PLAYER}" \
        "Authorization:Bearer ${KEY}"
}

ping_wallet() {
    request POST "${BASE}/api/v1/wallet/ping" \
        "Authorization:Bearer ${KEY}" \
        "player_token=${PLAYER}"
}

read_account() {
    request GET "${BASE}/api/v1/wallet/accounts/${PLAYER}" \
        "Authorization:Bearer ${KEY}"
}

rotate_wallet_secret() {
    request POST "${BASE}/api/v1/wallet/connection/secret" \
        "Authorization:Bearer ${KEY}" \
        overlap_seconds:=86400
}

withdraw() {
    request POST "${BASE}/api/v1/wallet/withdrawals" \
        "Authorization:Bearer ${KEY}" \
        "Idempotency-Key:$(new_key)" \
        "player_token=${PLAYER}" \
        amount=1.00 \
        "currency=${CURRENCY}" \
        reference=cash-2
}

# --- webhooks ------------------------------------------------------------------------------------------------------

change_webhook_endpoint() {
    request PATCH "${BASE}/api/v1/webhooks/endpoints/${ENDPOINT_ID}" \
        "Authorization:Bearer ${KEY}" \
        description=settlements
}

create_webhook_endpoint() {
    request POST "${BASE}/api/v1/webhooks/endpoints" \
        "Authorization:Bearer ${KEY}" \
        url=https://casino.example/webhooks \
        'events:=["bet.settled", "round.finished"]'
}

delete_webhook_endpoint() {
    request DELETE "${BASE}/api/v1/webhooks/endpoints/${ENDPOINT_ID}" \
        "Authorization:Bearer ${KEY}"
}

get_webhook_delivery() {
    request GET "${BASE}/api/v1/webhooks/deliveries/${DELIVERY_ID}" \
        "Authorization:Bearer ${KEY}"
}

get_webhook_endpoint() {
    request GET "${BASE}/api/v1/webhooks/endpoints/${ENDPOINT_ID}" \
        "Authorization:Bearer ${KEY}"
}

list_webhook_deliveries() {
    request GET "${BASE}/api/v1/webhooks/deliveries" \
        "Authorization:Bearer ${KEY}"
}

list_webhook_endpoints() {
    request GET "${BASE}/api/v1/webhooks/endpoints" \
        "Authorization:Bearer ${KEY}"
}

pause_webhook_endpoint() {
    request POST "${BASE}/api/v1/webhooks/endpoints/${ENDPOINT_ID}/pause" \
        "Authorization:Bearer ${KEY}"
}

replay_failed_webhooks() {
    request POST "${BASE}/api/v1/webhooks/endpoints/${ENDPOINT_ID}/replay" \
        "Authorization:Bearer ${KEY}" \
        since=2026-11-20T00:00:00Z
}

replay_webhook_delivery() {
    request POST "${BASE}/api/v1/webhooks/deliveries/${DELIVERY_ID}/replay" \
        "Authorization:Bearer ${KEY}"
}

resume_webhook_endpoint() {
    request POST "${BASE}/api/v1/webhooks/endpoints/${ENDPOINT_ID}/resume" \
        "Authorization:Bearer ${KEY}"
}

rotate_webhook_secret() {
    request POST "${BASE}/api/v1/webhooks/endpoints/${ENDPOINT_ID}/secret" \
        "Authorization:Bearer ${KEY}" \
        overlap_seconds:=86400
}

test_webhook_endpoint() {
    request POST "${BASE}/api/v1/webhooks/endpoints/${ENDPOINT_ID}/test" \
        "Authorization:Bearer ${KEY}"
}

# --- well-known ----------------------------------------------------------------------------------------------------

call_keys() {
    request GET "${BASE}/.well-known/keno-call-keys.json"
}

signing_keys() {
    request GET "${BASE}/.well-known/keno-keys.json"
}

ALL='list_leaves
list_roots
account_csv
account_json
account_pdf
activate_member
add_member
banker_me
banker_sign_in
cancel_slip
check_slip
confirm_result
create_phase
enter_result
list_members
list_movements
list_number_limits
list_own_movements
list_phases
list_slips
list_statements
move_credit
open_phase
own_account_csv
own_account_json
own_account_pdf
phase_report_csv
phase_report_json
phase_report_pdf
place_slip
preview_slip
propose_correction
read_member
read_phase
read_result
read_risk
read_settlement
read_slip
receipt_escpos
receipt_pdf
reject_result
renew_second_factor
risk_csv
risk_json
risk_pdf
set_commission
set_global_limit
set_number_limit
set_phase_end
statements_csv
statements_json
statements_pdf
suggest_lay_offs
what_if
worst_outcomes
bet_proof
list_bets
place_bet
place_bets
read_bet
change_brand
get_brand
add_caller_key
list_caller_keys
rotate_caller_key
get_call
list_call_errors
list_calls
get_event
list_events
bets_evidence
feed_in_doubt
feed_rounds
feed_transactions
list_flags
read_flag
create_game
current_round
day_proofs
latest_draws
list_games
number_statistics
pause_clock
read_clock
run_clock
step_clock
get_integration
list_keys
rotate_key
change_integration
change_operator_brand
create_operator
get_operator
get_operator_brand
get_operator_rate_limits
get_operator_wallet
list_operators
set_operator_rate_limits
active_paytable
read_paytable
lift_exclusion
read_players_protection
set_players_limit
answer_reality_check
exclude_oneself
read_protection
set_limit
get_rate_limits
compare_reconciliation
list_differences
list_reconciliations
put_reconciliation_part
read_day
read_day_csv
read_day_json
read_reconciliation
reconcile
record_checkpoint
record_consistency
record_entries
record_entry_proof
record_log
regulator_feed
ask_for_report
list_report_runs
list_report_schedules
list_reports
read_report_csv
read_report_file
read_report_json
read_report_pdf
read_report_run
report_turnover_csv
report_turnover_json
schedule_report
countersign_round
list_rounds
make_support_link
read_round
round_proof
enter_session
open_session
deposit
get_wallet_connection
list_transactions
ping_wallet
read_account
rotate_wallet_secret
withdraw
change_webhook_endpoint
create_webhook_endpoint
get_webhook_delivery
get_webhook_endpoint
list_webhook_deliveries
list_webhook_endpoints
pause_webhook_endpoint
replay_failed_webhooks
replay_webhook_delivery
resume_webhook_endpoint
rotate_webhook_secret
test_webhook_endpoint
call_keys
signing_keys
clear_number_limit
revoke_caller_key
revoke_key
withdraw_players_limit
withdraw_limit
end_report_schedule
delete_webhook_endpoint
connect_wallet
cancel_bet
exclude_player
close_phase
set_member_password
change_member_password
deactivate_member
banker_sign_out
revoke_session
suspend_operator
resume_operator'

run() {
    case " $(echo "$ALL" | tr '\n' ' ') " in
        *" $1 "*) echo "== $1"; "$1"; echo ;;
        *) echo "There is no operation $1." >&2; exit 2 ;;
    esac
}

[ $# -gt 0 ] || { echo "$ALL"; exit 0; }
[ "$1" != --all ] || { shift; set -- $ALL; }
for operation in "$@"; do run "$operation"; done
