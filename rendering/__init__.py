"""The program without the engine: recorded under Pulumi's mocks, written as canonical YAML.

Needs no engine, no cloud and no credentials. It is the preview, the source of the GitOps tree and
the oracle of the tests (architecture, decision 1).
"""

from rendering.manifest import Manifest, manifests, write_manifests
from rendering.recorder import Recorded, record

__all__ = ["Manifest", "Recorded", "manifests", "record", "write_manifests"]
