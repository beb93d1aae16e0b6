"""HTTP: views load, authorise, do, and return values."""
