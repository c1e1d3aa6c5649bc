"""A command that cannot be followed as things stand: nothing was changed."""


class RefusedError(Exception):
    """What was asked for does not fit what runs; the message says what does."""
