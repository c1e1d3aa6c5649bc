"""`python -m tests.support.built`: every program that the tests run, built before the first test.

A test that bounds a time would measure the compiler beside it. Once built, this takes a moment.
"""

import sys

from cli.local import build_progress
from localcluster import LocalClusterError, programs
from localcluster.tool_table import PROGRAMS

if __name__ == "__main__":
    try:
        with build_progress() as report:
            programs.ensure(PROGRAMS, report)
    except LocalClusterError as error:
        sys.exit(f"error: {error}")
