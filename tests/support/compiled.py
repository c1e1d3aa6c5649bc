"""`python -m tests.support.compiled`: whatever a recording imports of the SDKs, compiled (0073).

Stores in the cluster, and a region and what is above it on each cloud: the other stacks are made of
the same components.
"""

from tests.support.clouds import above_regions, whole
from tests.support.recording import recorded

RECORDED = {
    "dev": lambda: recorded("dev"),
    "production-kr": lambda: recorded("production-kr"),
    "a region on gcp": lambda: whole("production-kr", "gcp"),
    "above the regions on aws": lambda: above_regions("aws"),
    "above the regions on gcp": lambda: above_regions("gcp"),
}

if __name__ == "__main__":
    for record in RECORDED.values():
        record()
