"""`gl003 agents`, `send`, `tasks`, `collab`: agents, what they do and what they decide."""
