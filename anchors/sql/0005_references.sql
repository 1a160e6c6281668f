-- Where each root stands on the chain for good: the transaction that the API names. See anchors.selectors.anchored.
CREATE VIEW public.anchors_reference AS
    SELECT DISTINCT ON (t.seq) t.seq, t.hash AS transaction
    FROM public.anchors_transaction t JOIN public.anchors_contract c ON c.id = t.contract_id
    WHERE t.status = 'final' AND t.seq IS NOT NULL AND c.retirement IS DISTINCT FROM 'forgotten'
    ORDER BY t.seq, t.contract_id;
