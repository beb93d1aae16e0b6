"""The sample company: invented people, customers and three weeks of their work."""
