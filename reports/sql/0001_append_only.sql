CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.reports_simulationrun
    FOR EACH STATEMENT EXECUTE FUNCTION public.append_only();
