"""What must always hold of rounds and draws."""

from django.conf import settings

from keno_platform.core.invariants import Invariant, Scope
from rounds.models import LEAD_MAX

STUCK_S = 60

INVARIANTS = (
    Invariant(
        code="I12-bets-within-betting",
        claim="No bet is accepted at or after the close of its round, as the CLOSE counted them",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT r.id FROM public.rounds_round r
            WHERE r.close_message IS NOT NULL AND r.closed_at < r.closes_at""",
    ),
    Invariant(
        code="I13-draw-after-close",
        claim="No draw before the close and its CLOSE message; every commitment stands before its round opens",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT r.id FROM public.rounds_round r JOIN public.rounds_epoch e ON e.id = r.epoch_id
            WHERE r.drawn_at < r.closes_at OR (r.numbers_drawn IS NOT NULL AND r.close_message IS NULL)
               OR e.committed_at >= r.opens_at OR r.created_at >= r.opens_at""",
    ),
    Invariant(
        code="I14-seed-as-committed",
        claim="Every revealed seed is the one that was committed",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT r.id FROM public.rounds_round r JOIN public.rounds_game g ON g.id = r.game_id
            WHERE r.server_seed IS NOT NULL AND r.server_seed_hash <>
                  sha256('KPS1-COMMIT\\000'::bytea || uuid_send(g.stream) || int8send(r.number) || r.server_seed)""",
    ),
    Invariant(
        code="I15-numbers-are-a-draw",
        claim="Drawn numbers are 20 different ones from 1 to 80",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT r.id FROM public.rounds_round r
            WHERE r.numbers_drawn IS NOT NULL AND (
                SELECT count(DISTINCT n) FROM unnest(r.numbers_drawn) n WHERE n BETWEEN 1 AND 80) <> 20
               OR (r.numbers_drawn IS NULL AND r.status IN ('drawn', 'settled', 'revealed'))""",
    ),
    Invariant(
        code="I16-seeds-stay-secret",
        claim="No seed stands in clear before its round's betting has ended",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT r.id FROM public.rounds_round r
            WHERE r.server_seed IS NOT NULL
              AND (r.status IN ('scheduled', 'open', 'closed')
                   OR (r.closes_at > clock_timestamp() AND r.closes_at > public.game_clock(r.game_id)))""",
    ),
    Invariant(
        code="I17-numbers-without-gaps",
        claim="Every game's rounds are numbered from 1 without a gap, in the order of their times",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT id FROM (
                SELECT r.id, r.number, r.opens_at,
                       lag(r.number, 1, 0::bigint) OVER w AS before, lag(r.closes_at) OVER w AS closed
                FROM public.rounds_round r WINDOW w AS (PARTITION BY r.game_id ORDER BY r.number)) one
            WHERE number <> before + 1 OR closed > opens_at""",
    ),
    Invariant(
        code="I17-rounds-come-to-an-end",
        claim=f"Every round is revealed or void within {STUCK_S} seconds of its close",
        scope=Scope.INSTALLATION,
        violations=f"""
            SELECT r.id FROM public.rounds_round r
            WHERE r.status NOT IN ('revealed', 'void')
              AND r.closes_at < public.game_clock(r.game_id) - interval '{STUCK_S} seconds'""",
    ),
    Invariant(
        code="I18-states-fit-their-facts",
        claim="A round has exactly the facts that its state implies",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT r.id FROM public.rounds_round r
            WHERE (r.status IN ('closed', 'drawn', 'settled', 'revealed') AND r.closed_at IS NULL)
               OR (r.status IN ('drawn', 'settled', 'revealed')) <> (r.drawn_at IS NOT NULL)
               OR (r.status IN ('settled', 'revealed')) <> (r.settled_at IS NOT NULL)
               OR (r.status = 'revealed') <> (r.revealed_at IS NOT NULL)
               OR (r.status = 'void') <> (r.voided_at IS NOT NULL)""",
    ),
    Invariant(
        code="I19-all-paid-before-settled",
        claim="No round is settled while an operator has not paid",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT p.round_id FROM public.rounds_participation p JOIN public.rounds_round r ON r.id = p.round_id
            WHERE p.settled_at IS NULL AND r.status IN ('settled', 'revealed')""",
    ),
    Invariant(
        code="I19-paid-within-a-minute",
        claim="No round waits for an operator's payment for a minute",
        scope=Scope.INSTALLATION,
        violations=f"""
            SELECT p.round_id FROM public.rounds_participation p JOIN public.rounds_round r ON r.id = p.round_id
            WHERE p.settled_at IS NULL
              AND coalesce(r.drawn_at, r.voided_at) < public.game_clock(r.game_id) - interval '{STUCK_S} seconds'""",
    ),
    Invariant(
        code="I31-one-result-a-round",
        claim="Trees of results have exactly their rounds, and no round waits more than two hours too long for its own",
        scope=Scope.INSTALLATION,
        violations=f"""
            SELECT 'tree ' || t.id FROM public.rounds_resultstree t LEFT JOIN public.rounds_round r
                ON r.results_tree_id = t.id
            GROUP BY t.id, t.size
            HAVING count(r.id) <> t.size OR min(r.results_index) <> 0 OR max(r.results_index) <> t.size - 1
            UNION ALL
            SELECT 'round ' || r.id FROM public.rounds_round r
            WHERE r.results_tree_id IS NULL AND r.status IN ('revealed', 'void')
              AND greatest(r.closes_at, coalesce(r.revealed_at, r.voided_at))
                  < clock_timestamp() - make_interval(secs => {settings.RESULTS_SECONDS} + 7200)""",
    ),
    Invariant(
        code="I32-roots-are-registered",
        claim="The root of every epoch and tree of results has its place in the order of the chain, and is that root",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT 'epoch ' || e.id FROM public.rounds_epoch e
            LEFT JOIN public.anchors_root a ON a.seq = e.anchor_seq AND a.kind = 1 AND a.root = e.root
            WHERE a.seq IS NULL
            UNION ALL
            SELECT 'results ' || t.id FROM public.rounds_resultstree t
            LEFT JOIN public.anchors_root a ON a.seq = t.anchor_seq AND a.kind = 2 AND a.root = t.root
            WHERE a.seq IS NULL""",
    ),
    Invariant(
        code="I33-keys-after-their-epochs",
        claim="Every epoch's key is published when the epoch has ended with all its rounds, at most an hour late",
        scope=Scope.INSTALLATION,
        violations=f"""
            SELECT e.id FROM public.rounds_epoch e
            WHERE e.ends_at < clock_timestamp() - make_interval(secs => {settings.EPOCH_KEY_DELAY_SECONDS} + 3600)
              AND NOT EXISTS (SELECT 1 FROM public.rounds_epochkey k WHERE k.epoch_id = e.id)
            UNION ALL
            SELECT e.id FROM public.rounds_epoch e JOIN public.rounds_epochkey k ON k.epoch_id = e.id
            WHERE k.published_at < e.ends_at OR EXISTS (
                SELECT 1 FROM public.rounds_round r
                WHERE r.epoch_id = e.id AND (r.status NOT IN ('revealed', 'void') OR r.closes_at > k.published_at))""",
    ),
    Invariant(
        code="I34-anchored-where-demanded",
        claim="No round of a game that demands anchoring has opened without it",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT r.id FROM public.rounds_round r
            WHERE r.anchoring = 'required' AND r.opened_at IS NOT NULL AND r.signed_only IS NOT FALSE""",
    ),
    Invariant(
        code="I35-clocks-of-sandboxes-only",
        claim="Games of sandboxes and no others have a clock of their own, never behind the real one nor far ahead",
        scope=Scope.INSTALLATION,
        violations=f"""
            SELECT g.id FROM public.rounds_game g
            LEFT JOIN public.rounds_gameclock c ON c.game_id = g.id
            LEFT JOIN public.operators_operator o ON o.operator_id = g.owner_id
            WHERE g.sandbox <> (c.game_id IS NOT NULL) OR (g.sandbox AND (o.sandbox IS NOT TRUE OR g.network <> 'none'))
            UNION ALL
            SELECT r.id FROM public.rounds_round r JOIN public.rounds_game g ON g.id = r.game_id
            WHERE r.sandbox <> g.sandbox
            UNION ALL
            SELECT s.game_id FROM public.rounds_sandbox_time s
            WHERE s.now < clock_timestamp() - interval '1 second'
               OR s.now > clock_timestamp() + interval '{int(LEAD_MAX.total_seconds())} seconds'""",
    ),
)
