"""The one error of the local cluster: what went wrong, where, and what to do about it."""


class LocalClusterError(Exception):
    """The local cluster cannot do what was asked; the message names the remedy."""
