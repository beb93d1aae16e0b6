"""What the sample company is made of, as tables. Every name is invented."""
