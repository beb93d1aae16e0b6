"""Service records: sealed versions of what was done and what the customer signed."""
