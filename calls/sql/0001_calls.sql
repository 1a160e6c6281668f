-- By day, by the time inside the UUIDv7 key: a day is dropped whole when it is 30 days old.
CREATE TABLE public.calls_call (
    id uuid PRIMARY KEY,
    direction varchar(3) NOT NULL,
    operator_id uuid,
    key_hint text NOT NULL,
    method text NOT NULL,
    path text NOT NULL,
    endpoint text NOT NULL,
    status smallint,
    code text NOT NULL,
    duration_us bigint NOT NULL,
    request_id text NOT NULL,
    ids text[] NOT NULL,
    headers jsonb NOT NULL,
    request text NOT NULL,
    response text NOT NULL,
    request_bytes bigint NOT NULL,
    response_bytes bigint NOT NULL,
    error text NOT NULL,
    started_at timestamptz NOT NULL,
    CONSTRAINT calls_direction_known CHECK (direction IN ('in', 'out'))
) PARTITION BY RANGE (id);
CREATE INDEX calls_by_operator ON public.calls_call (operator_id, id DESC);
CREATE INDEX calls_errors ON public.calls_call (operator_id, id DESC) WHERE code <> '';
CREATE INDEX calls_by_ids ON public.calls_call USING gin (ids);
