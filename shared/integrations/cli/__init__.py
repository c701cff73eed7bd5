"""The command `gl003`: what a person types and sees."""
