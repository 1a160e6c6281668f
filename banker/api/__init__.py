"""The calls of the lottery: for an operator's backend, for admins and for collectors. See `banker.routes`."""
