"""What the staff's pages of every room are built from. Knows no room."""
