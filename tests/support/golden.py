"""Rewrites what the tests compare with: `make golden`.

The Kustomize tree is what clusters are given from git. The logical names of all resources are the
keys of the engine's state: a name that changes destroys and creates anew. Read the difference, and
say so in the CHANGELOG.
"""

from pathlib import Path

from rendering import Recorded, kustomize, manifests
from rendering.topology import picture
from schema import guide
from settings import access_table
from settings.loader import ROOT, load_catalog, stack_names
from tests.support.clouds import CLOUD_STACKS, CLOUDS, REGION_STACKS, above_regions, whole
from tests.support.recording import STACKS, recorded

FOLDER = Path(__file__).parents[1] / "golden"
PICTURES = ROOT / "docs/topology"


def urns(stack: str) -> str:
    """The URN of every resource of a stack, one a line."""
    return "".join(f"{resource.urn}\n" for resource in recorded(stack))


def cloud_urns(stack: str, cloud: str) -> str:
    """The same for a stack on a cloud."""
    return "".join(f"{resource.urn}\n" for resource in whole(stack, cloud))


def front_urns(cloud: str) -> str:
    """The same for the stack above the regions."""
    return "".join(f"{resource.urn}\n" for resource in above_regions(cloud))


def drawn(stack: str, made: tuple[Recorded, ...]) -> str:
    """The picture of a recording."""
    return picture(stack, manifests(made), made)


def main() -> None:
    """Write the files of every stack."""
    for stack in STACKS:
        folder = FOLDER / stack
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "urns.txt").write_text(urns(stack))
        (PICTURES / f"{stack}.svg").write_text(drawn(stack, recorded(stack)))
    for stack in CLOUD_STACKS:
        for cloud in CLOUDS:
            (FOLDER / stack / f"urns-{cloud}.txt").write_text(cloud_urns(stack, cloud))
    for cloud in CLOUDS:
        (PICTURES / f"production-kr-{cloud}.svg").write_text(
            drawn("production-kr", whole("production-kr", cloud))
        )
    for stack in REGION_STACKS[1:]:
        (PICTURES / f"{stack}-aws.svg").write_text(drawn(stack, whole(stack, "aws")))
    for cloud in CLOUDS:
        (PICTURES / f"front-{cloud}.svg").write_text(drawn("production", above_regions(cloud)))
        folder = FOLDER / "front"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"urns-{cloud}.txt").write_text(front_urns(cloud))
    kustomize.render(kustomize.folder())
    (ROOT / guide.PATH).write_text(guide.guide())
    (ROOT / access_table.PATH).write_text(access_table.page(load_catalog(), stack_names()))


if __name__ == "__main__":
    main()
