"""What the platform is made of: is any of it known to be faulty, and a list of all of it."""
