"""Releases measured, as tables: the way back of one service and of all, and releases killed midway.

    python -m bench.releases ways-back
    python -m bench.releases kills --runs 20

On a local cluster of its own, with the real controllers (issue 6, acceptances 1 and 9). No
container runs: pods become ready in a second; the rest is what the strategy asks for. The table
goes to standard output, the course to standard error, so that a long run is seen to move.
"""
