-- The record belongs to a role of its own, as which nobody logs in. The application's role may add to it and read it:
-- it cannot change, remove or truncate a row, switch a trigger off, drop a table or replace the function of a trigger;
-- and it cannot say when, and in which transaction, something was recorded. To be run by a superuser, any number of
-- times; {owner}, {application} and {database} are replaced by the quoted names of the roles and of the database.
ALTER DATABASE {database} OWNER TO {owner};
GRANT CONNECT, CREATE, TEMPORARY ON DATABASE {database} TO {application};
-- Whoever owns a schema can drop what is in it.
ALTER SCHEMA public OWNER TO {owner};
GRANT USAGE, CREATE ON SCHEMA public TO {application};

ALTER FUNCTION public.append_only() OWNER TO {owner};
ALTER TABLE public.audit_auditentry OWNER TO {owner};
ALTER TABLE public.audit_checkpoint OWNER TO {owner};
ALTER TABLE public.audit_loghead OWNER TO {owner};
ALTER TABLE public.audit_leaf OWNER TO {owner};
ALTER TABLE public.audit_treenode OWNER TO {owner};
ALTER TABLE public.audit_checkpointroot OWNER TO {owner};

REVOKE ALL ON public.audit_auditentry, public.audit_checkpoint, public.audit_loghead, public.audit_leaf,
    public.audit_treenode, public.audit_checkpointroot FROM PUBLIC, {application};
GRANT SELECT ON public.audit_auditentry, public.audit_checkpoint, public.audit_loghead, public.audit_leaf,
    public.audit_treenode, public.audit_checkpointroot TO {application};
GRANT INSERT (id, event_type, actor, address, operator_id, round_id, bet_id, description, before, after)
    ON public.audit_auditentry TO {application};
GRANT INSERT ON public.audit_checkpoint, public.audit_loghead, public.audit_leaf, public.audit_treenode,
    public.audit_checkpointroot TO {application};
