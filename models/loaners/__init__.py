"""Loaner devices and in whose custody each of them is."""
