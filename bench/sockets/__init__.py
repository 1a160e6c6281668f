"""What the rows about sockets have in common: thousands of clients, and the yardstick's server."""
