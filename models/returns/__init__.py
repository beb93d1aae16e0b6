"""What customers send back: asked for, permitted, received, and what becomes of it."""
