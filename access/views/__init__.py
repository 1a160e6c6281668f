"""Pages of getting in, of confirming who one is, and of one's own access."""
