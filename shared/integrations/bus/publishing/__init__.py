"""Messages stored: many at once, each once, in order for each subject."""
