"""GL-003 itself: the agent that knows the steam system's readings and answers for them."""
