"""Document types, a file each: what a device sees, of what it is derived, and for whom."""
