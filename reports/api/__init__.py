"""Reports of an operator's own data, and of all operators for the provider."""
