"""What the business is: rows and rules, noun by noun. Knows no web, no queue and no environment."""
