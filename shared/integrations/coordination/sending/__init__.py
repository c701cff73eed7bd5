"""The way out: mail, questions to who is there, answers, and what is waited for."""
