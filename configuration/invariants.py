"""What must always hold of settings."""

from keno_platform.core.invariants import Invariant, Scope

INVARIANTS = (
    Invariant(
        code="I54-settings-without-gaps",
        claim="The changes of every setting are numbered from 1 without a gap",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT key FROM public.configuration_change GROUP BY key
            HAVING min(version) <> 1 OR max(version) <> count(*)""",
    ),
    Invariant(
        code="I54-sensitive-approved",
        claim="Every change of a sensitive setting was asked for and approved by two people, as the same value",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT c.key FROM public.configuration_change c
            LEFT JOIN public.approvals_request r ON r.id = c.approval_id
            WHERE c.sensitive AND (r.state, r.action, r.subject) IS DISTINCT FROM
                  ('approved', 'configuration.change_setting', c.key)
               OR c.approval_id IS NOT NULL AND r.payload->'value' IS DISTINCT FROM coalesce(c.value, 'null'::jsonb)""",
    ),
)
