"""The operations one by one: what they answer and what they refuse."""
