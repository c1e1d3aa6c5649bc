"""The errors of the local cluster: what went wrong, where, and what to do about it."""


class LocalClusterError(Exception):
    """The local cluster cannot do what was asked; the message names the remedy."""


class UnusableError(LocalClusterError):
    """What was asked for makes no cluster: a name or a quantity that Kubernetes would refuse."""
