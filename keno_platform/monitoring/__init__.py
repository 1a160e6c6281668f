"""
What stands in the database and the broker, as Prometheus reads it, beside what processes have counted themselves.

Each room says in its `gauges` what a scrape asks of it; `collecting` asks all of it at once and remembers the answer
for some seconds, so that many scrapes cost no more than one. `serving` is a port of its own, `views` a guarded address.
"""
