"""
The page without scripts: the game as forms and links, for the weakest browsers.

It is a client of the same API as the other one, in the same process: every rule, limit, refusal and record of the API
holds for it without a word here. `calls` asks, `visits` knows who is there, `words` and `shown` make facts readable,
`pages` shows and `steps` does.
"""
