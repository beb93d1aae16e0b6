"""Work orders and visits: who goes where, and how far the work has come."""
