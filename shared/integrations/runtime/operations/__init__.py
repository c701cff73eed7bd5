"""What an operator asks of a running site: who is there, how they are, and what is wrong."""
