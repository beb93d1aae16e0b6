"""The command line: a door. It reads the environment, and calls what stands below."""
