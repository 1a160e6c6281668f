"""
Flags: what rules found in an operator's bets that staff should look at. A flag is a question to people: no rule and no
decision about a flag changes a bet, a result or a balance.
"""
