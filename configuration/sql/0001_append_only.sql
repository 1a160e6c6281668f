CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.configuration_change
    FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();
