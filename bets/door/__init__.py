"""
The hot door: where bets are handed in, one or many, past Django's own handling of requests.

`endpoint` is HTTP; `callers`, `memory` and `shared_rounds` remember what the next bet is checked against; `dispatch`
takes what waits to the database, several operators' bets in one round trip, over the connections of `lanes`; `desk` is
the way of one bet through all of it. What is remembered is never believed: `place_bets` compares it with the truth.
"""
