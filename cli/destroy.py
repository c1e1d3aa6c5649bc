"""`mpk destroy`: everything of a stack away, its data included."""
