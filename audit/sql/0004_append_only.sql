-- The seals are history as well.
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.audit_checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.audit_loghead
    FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.audit_leaf
    FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.audit_treenode
    FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.audit_checkpointroot
    FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();
