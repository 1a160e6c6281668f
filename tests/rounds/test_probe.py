def test_probe(committed, operator_a):
    from django.db import connection
    with connection.cursor() as c:
        c.execute("show max_connections"); print(c.fetchone())
        c.execute("select current_user, usesuper from pg_user where usename=current_user"); print(c.fetchone())
        c.execute("select version()"); print(c.fetchone())
    import msgspec
    for n in (2**63, 2**64, 10**30):
        try: print(msgspec.json.encode([n]))
        except Exception as e: print(repr(e))
