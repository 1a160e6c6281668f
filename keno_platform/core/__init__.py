"""What every room may use: money, ids, clock, errors, strict JSON. Knows no Django and no room."""
