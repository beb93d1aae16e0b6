"""Fact kinds, a file per family: their shape, whom they are about, and what they do."""
