-- The clocks of sandboxes' own games. Every rule of a round asks `game_clock` for the time; for a game without a clock of
-- its own, which is every game that anybody plays for money, that is the real time and nothing else.
CREATE FUNCTION public.game_time(p_lead interval, p_stopped timestamptz, p_resumes timestamptz, p_real timestamptz)
RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN p_stopped IS NULL THEN p_real + p_lead
                WHEN p_real < p_resumes THEN p_stopped
                ELSE (p_stopped AT TIME ZONE 'UTC' + (p_real - p_resumes)) AT TIME ZONE 'UTC' END
$$;

-- When, by the real clock, the game's time will be p_moment; what is past already comes out as past.
CREATE FUNCTION public.real_time(p_lead interval, p_stopped timestamptz, p_resumes timestamptz, p_moment timestamptz)
RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN p_stopped IS NULL THEN p_moment - p_lead
                WHEN p_moment <= p_stopped THEN '2000-01-01 00:00:00+00'::timestamptz
                ELSE (p_resumes AT TIME ZONE 'UTC' + (p_moment - p_stopped)) AT TIME ZONE 'UTC' END
$$;

CREATE FUNCTION public.game_clock_at(p_game bigint, p_real timestamptz) RETURNS timestamptz
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RETURN coalesce((SELECT public.game_time(c.lead, c.stopped_at, c.resumes_at, p_real)
                     FROM public.rounds_gameclock c WHERE c.game_id = p_game), p_real);
END $$;
CREATE FUNCTION public.game_clock(p_game bigint) RETURNS timestamptz LANGUAGE sql VOLATILE AS
    $$ SELECT public.game_clock_at(p_game, clock_timestamp()) $$;

-- The time of each game that has its own.
CREATE VIEW public.rounds_sandbox_time AS
    SELECT c.game_id, public.game_time(c.lead, c.stopped_at, c.resumes_at, clock_timestamp()) AS now
    FROM public.rounds_gameclock c;

-- A game is a sandbox's from its first moment or never, and its owner's for ever.
CREATE FUNCTION public.rounds_sandbox_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.sandbox <> OLD.sandbox OR (OLD.sandbox AND NEW.owner_id IS DISTINCT FROM OLD.owner_id) THEN
            RAISE EXCEPTION 'game %: whose sandbox it is never changes', OLD.code USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    PERFORM 1 FROM public.operators_operator o WHERE o.operator_id = NEW.owner_id AND o.sandbox FOR SHARE;
    IF NEW.sandbox AND NOT FOUND THEN
        RAISE EXCEPTION 'game %: its owner is no sandbox', NEW.code USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rounds_sandbox_guard BEFORE INSERT OR UPDATE OF sandbox, owner_id ON public.rounds_game
    FOR EACH ROW EXECUTE FUNCTION public.rounds_sandbox_guard();

CREATE FUNCTION public.rounds_wind_clock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.rounds_gameclock (game_id, lead, changed_at)
    VALUES (NEW.id, interval '4 hours', clock_timestamp());
    RETURN NULL;
END $$;
CREATE TRIGGER rounds_wind_clock AFTER INSERT ON public.rounds_game
    FOR EACH ROW WHEN (NEW.sandbox) EXECUTE FUNCTION public.rounds_wind_clock();

-- An operator that has such games takes no money: whoever makes it a real one makes a new operator.
CREATE FUNCTION public.rounds_owner_stays_sandbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM public.rounds_game g WHERE g.owner_id = OLD.operator_id AND g.sandbox) THEN
        RAISE EXCEPTION 'operator %: it has games of a sandbox', OLD.slug USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rounds_owner_stays_sandbox BEFORE UPDATE OF sandbox ON public.operators_operator
    FOR EACH ROW WHEN (OLD.sandbox AND NOT NEW.sandbox) EXECUTE FUNCTION public.rounds_owner_stays_sandbox();

CREATE FUNCTION public.rounds_clock_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    own timestamptz := public.game_time(NEW.lead, NEW.stopped_at, NEW.resumes_at, NEW.changed_at);
BEGIN
    IF NOT EXISTS (SELECT 1 FROM public.rounds_game g WHERE g.id = NEW.game_id AND g.sandbox) THEN
        RAISE EXCEPTION 'game %: only a sandbox has a clock of its own', NEW.game_id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.changed_at > moment OR NEW.changed_at < moment - interval '5 seconds' THEN
        RAISE EXCEPTION 'clock of game %: changed at another time than now', NEW.game_id
            USING ERRCODE = 'check_violation';
    END IF;
    IF own > NEW.changed_at + interval '12 hours' THEN
        RAISE EXCEPTION 'clock of game %: too far ahead', NEW.game_id USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.game_id <> OLD.game_id
        OR own < public.game_time(OLD.lead, OLD.stopped_at, OLD.resumes_at, NEW.changed_at)) THEN
        RAISE EXCEPTION 'clock of game %: it never runs back', OLD.game_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rounds_clock_guard BEFORE INSERT OR UPDATE ON public.rounds_gameclock
    FOR EACH ROW EXECUTE FUNCTION public.rounds_clock_guard();
CREATE TRIGGER rounds_keep BEFORE DELETE OR TRUNCATE ON public.rounds_gameclock
    FOR EACH STATEMENT EXECUTE FUNCTION public.rounds_keep();

-- Committed before it opens: by the real clock a constraint says so; this says it by the game's own. The round bears the
-- mark of its game from then on, so that the gate need not look for a clock where there is none.
CREATE FUNCTION public.rounds_committed_in_time() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    own timestamptz;
BEGIN
    SELECT s.now INTO own FROM public.rounds_sandbox_time s WHERE s.game_id = NEW.game_id;
    NEW.sandbox := own IS NOT NULL;
    IF own >= NEW.opens_at THEN
        RAISE EXCEPTION 'game %: round % would open before it is committed', NEW.game_id, NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'rounds_committed_before_opening';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rounds_committed_in_time BEFORE INSERT ON public.rounds_round
    FOR EACH ROW EXECUTE FUNCTION public.rounds_committed_in_time();
CREATE TRIGGER rounds_keep_mark BEFORE UPDATE OF sandbox ON public.rounds_round
    FOR EACH ROW WHEN (NEW.sandbox IS DISTINCT FROM OLD.sandbox) EXECUTE FUNCTION public.rounds_keep();

-- The earliest of the times of some rounds' games.
CREATE FUNCTION public.rounds_earliest(p_rounds bigint[], p_real timestamptz) RETURNS timestamptz
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RETURN (SELECT min(public.game_clock_at(r.game_id, p_real)) FROM public.rounds_round r WHERE r.id = ANY (p_rounds));
END $$;

-- For rounds of ordinary games the gate is what it was. Where rounds of games with different times are asked for in one
-- call, all get the earliest of these times: no game's is behind the real one, so it lies before the close of each.
CREATE OR REPLACE FUNCTION public.rounds_gate(p_rounds bigint[])
RETURNS TABLE (round_id bigint, game_id bigint, round_status text, held_at timestamptz) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    one bigint;
    moment timestamptz;
BEGIN
    FOR one IN SELECT DISTINCT r FROM unnest(p_rounds) r ORDER BY r LOOP
        PERFORM pg_advisory_xact_lock_shared(public.rounds_lock_key(one));
    END LOOP;
    -- Only now, with every lock held, is the clock read and the state looked at: this statement's snapshot is new.
    moment := clock_timestamp();
    RETURN QUERY
        SELECT r.id, r.game_id, r.status::text,
               CASE WHEN r.sandbox THEN public.rounds_earliest(p_rounds, moment) ELSE moment END
        FROM public.rounds_round r
        WHERE r.id = ANY (p_rounds) AND r.status IN ('scheduled', 'open') AND moment < r.closes_at
          AND (NOT r.sandbox OR public.game_clock_at(r.game_id, moment) < r.closes_at);
END $$;
