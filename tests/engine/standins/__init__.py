"""Clouds that a test owns, behind the real engine."""

from pathlib import Path


def small_program_path() -> Path:
    """The small program, which the engine runs in a project of its own."""
    return Path(__file__).parent / "small_program.py"


def followed_program_path() -> Path:
    """The program of one canary that the engine follows."""
    return Path(__file__).parent / "followed_program.py"
