"""The tour: the main job from request to booked parts, over HTTP, with the reference device."""
