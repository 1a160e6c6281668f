"""
One module for each row, or family of rows, of the target table: `ORDER`, `SECONDS`, `run(bench)`, and `QUICK = False`
where a quick run leaves it out.
"""
