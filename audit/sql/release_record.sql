-- Before migrations that change the record's tables: they belong to the application's role again, until
-- guard_record.sql is run after them. The triggers stay.
ALTER FUNCTION public.append_only() OWNER TO {application};
ALTER TABLE public.audit_auditentry OWNER TO {application};
ALTER TABLE public.audit_checkpoint OWNER TO {application};
ALTER TABLE public.audit_loghead OWNER TO {application};
ALTER TABLE public.audit_leaf OWNER TO {application};
ALTER TABLE public.audit_treenode OWNER TO {application};
ALTER TABLE public.audit_checkpointroot OWNER TO {application};
