"""What the platform is measured against: other ways to do the same work, on the same servers."""
