"""What staff work at all day: the home page, one search, whole stories, and the inbox of what needs a human."""
