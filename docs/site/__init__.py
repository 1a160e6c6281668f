"""
The documentation site, built by `make site` from the Markdown that lies in the project and from the code itself.

`structure` says which page stands where, `assembling` puts the sources together, `reference` writes what the code
knows better than anybody, `diagrams` draws the fenced diagrams, and `conf` is what Sphinx reads.
"""
