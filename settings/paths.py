"""Where the program keeps what it makes on a machine, outside the checkout.

Two roots: the *cache* holds what can be made again (built programs, compiled packages), the *state*
holds what a run must find again (local clusters, seeds, the engine's file backend). Both follow the
XDG base directories and can be moved as a whole, so that tests never meet a user's own.
"""

import os
from pathlib import Path


def _root(variable: str, xdg: str, fallback: str) -> Path:
    if own := os.environ.get(variable):
        return Path(own).expanduser().absolute()
    base = os.environ.get(xdg)
    return (Path(base) if base else Path.home() / fallback).absolute() / "manpasik"


def cache_dir() -> Path:
    """What can be made again: programs, bytecode. `MANPASIK_CACHE` moves it."""
    return _root("MANPASIK_CACHE", "XDG_CACHE_HOME", ".cache")


def state_dir() -> Path:
    """What the next run must find: clusters, seeds, engine state. `MANPASIK_STATE` moves it."""
    return _root("MANPASIK_STATE", "XDG_STATE_HOME", ".local/state")


def local_kubeconfig(cluster: str = "local") -> Path:
    """The kubeconfig that the embedded cluster of that name writes (mode 0600)."""
    return state_dir() / "clusters" / cluster / "kubeconfig"
