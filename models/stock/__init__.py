"""Spare parts: places, double-entry moves, and the replay that makes the books add up."""
