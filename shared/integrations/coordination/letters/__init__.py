"""What agents say to each other, and how: bodies, answers, whose it is, in which trace."""
