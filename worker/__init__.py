"""The queue's side: what follows a commit, one function a kind of work."""
