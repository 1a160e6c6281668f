"""What must always hold of who may come in."""

from keno_platform.core.invariants import Invariant, Scope

INVARIANTS = (
    Invariant(
        code="I55-rights-are-the-roles",
        claim="Django's superuser flag stands at super-admins who are not narrowed, and at nobody else",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT u.username FROM public.auth_user u LEFT JOIN public.access_staffmember m ON m.user_id = u.id
            WHERE u.is_superuser <> coalesce(m.role = 'super_admin' AND NOT m.narrowed, false)""",
    ),
    Invariant(
        code="I56-open-sessions-are-of-members",
        claim="A session of staff is open only for an active member whose second factor is confirmed",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT s.id FROM public.access_staffsession s JOIN public.auth_user u ON u.id = s.user_id
            WHERE s.ended_at IS NULL AND NOT (u.is_active
                  AND EXISTS (SELECT 1 FROM public.access_staffmember m WHERE m.user_id = u.id)
                  AND EXISTS (SELECT 1 FROM public.access_authenticator a WHERE a.user_id = u.id AND a.confirmed))""",
    ),
    Invariant(
        code="I57-roles-are-as-recorded",
        claim="Every member has the role, the operator and the narrowing that the record gave last",
        scope=Scope.INSTALLATION,
        violations="""
            SELECT m.id FROM public.access_staffmember m LEFT JOIN LATERAL (
                SELECT e.after FROM public.audit_auditentry e
                WHERE e.event_type IN ('staff.created', 'staff.role_changed', 'staff.narrowed', 'staff.widened')
                  AND (e.after ->> 'member_id')::bigint = m.id
                ORDER BY e.id DESC LIMIT 1) said ON true
            WHERE said.after IS NULL OR said.after ->> 'role' <> m.role
               OR (said.after ->> 'narrowed')::boolean <> m.narrowed
               OR said.after ->> 'operator_id' IS DISTINCT FROM m.operator_id::text""",
    ),
)
