"""What was promised: plans as data, calendars, and the clock."""
