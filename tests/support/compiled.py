"""`python -m tests.support.compiled`: whatever a recording imports, compiled.

A stack on each cloud, one above the regions on each, and one in no cloud import all of it (0073).
"""

from tests.support.clouds import above_regions, whole
from tests.support.recording import recorded

if __name__ == "__main__":
    recorded("dev")
    for provider in ("aws", "gcp"):
        whole("production-kr", provider)
        above_regions(provider)
