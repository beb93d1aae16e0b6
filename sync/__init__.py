"""The protocol: facts go up, documents come down."""
