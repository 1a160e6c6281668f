"""
The archive: whole days of an operator's books as Parquet files, proved to be the same before the database lets go.

    tables   which columns stand in a file, and each row as a line of text that both sides are hashed by
    files    writing and reading the files of a day, and their manifest
    steps    the way of one day: written, read back, carried forward, detached, kept
    policy   which days are due
    restore  a day back from its files, into tables beside the books
"""
