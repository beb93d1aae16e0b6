"""`python -m cli` is `onsite`, wherever the command itself is not on the path."""

from cli.main import onsite

onsite()
