"""A picture of a stack from its recording: the way in, the services, the stores they wait for.

One box a workload, with its pods; a dot for each store that it waits for, in the store's colour,
since lines between twenty services and five stores would hide both. SVG, so that a diff is read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from textwrap import wrap
from typing import Any

from rendering.manifest import Manifest
from rendering.recorder import Recorded
from rendering.topology_cloud import cloud_parts

WIDTH, MARGIN, GAP = 1180, 24, 12
BOX_WIDTH, BOX_HEIGHT, COLUMNS = 268, 46, 4
LINE_HEIGHT, LETTERS = 15, 34
"""Of what a box tells; so many letters are as wide as it."""
_COLOURS = ("#1b6ca8", "#c8452d", "#2e7d4f", "#8a4fa3", "#b07d12", "#3f6f73", "#a03a6a", "#5b5b5b")
_WORKLOADS = ("Deployment", "Rollout")
_ENTRANCES = ("Ingress", "VirtualService")
_STORES = ("StatefulSet", "SGShardedCluster")


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """One workload as it is drawn."""

    name: str
    told: str
    marks: tuple[str, ...] = ()
    """Colours of the stores that it waits for; of a store its own."""

    @property
    def lines(self) -> list[str]:
        """What it tells, broken so that no line leaves the box."""
        return wrap(self.told, LETTERS)


def picture(stack: str, found: Sequence[Manifest], made: Sequence[Recorded] = ()) -> str:
    """The SVG of a stack; `made` is its whole recording, where its cloud is drawn as well."""
    stores = sorted(_of(found, *_STORES), key=lambda each: each.name)
    colours = {each.urn: _COLOURS[i % len(_COLOURS)] for i, each in enumerate(stores)}
    grown = {_target(each): each.content["spec"] for each in _of(found, "HorizontalPodAutoscaler")}
    workloads = sorted(_of(found, *_WORKLOADS), key=lambda each: each.name)
    services = [_service(each, colours, grown) for each in workloads]
    kept = [Box(name=s.name, told=_kept(s), marks=(colours[s.urn],)) for s in stores]
    ways = [
        Box(name=e.name, told=f"{e.kind}: {_hosts(e)}")
        for e in _of(found, *_ENTRANCES)
        if _hosts(e)
    ]
    parts = [
        *((title, _boxes(entries)) for title, entries in cloud_parts(made)),
        ("The way in", ways),
        (f"Services ({len(services)}); dots: the stores below that each waits for", services),
        ("Stores in the cluster", kept),
    ]
    return _svg(f"ManPaSik, stack {stack}", [(title, boxes) for title, boxes in parts if boxes])


def _boxes(entries: Sequence[tuple[str, str]]) -> list[Box]:
    return [Box(name=name, told=told) for name, told in entries]


def _of(found: Sequence[Manifest], *kinds: str) -> list[Manifest]:
    return [each for each in found if each.kind in kinds]


def _target(scaler: Manifest) -> str:
    return str(scaler.content["spec"]["scaleTargetRef"]["name"])


def _service(each: Manifest, colours: Mapping[str, str], grown: Mapping[str, Any]) -> Box:
    spec = grown.get(each.name)
    pods = int(each.content["spec"].get("replicas") or 1)
    told = f"{spec['minReplicas']} to {spec['maxReplicas']} pods" if spec else f"{pods} pod(s)"
    marks = tuple(colour for urn, colour in colours.items() if urn in each.depends_on)
    return Box(name=each.name, told=told, marks=marks)


def _kept(store: Manifest) -> str:
    if store.kind == "SGShardedCluster":
        return _sharded(store.content["spec"])
    claims = store.content["spec"].get("volumeClaimTemplates")
    size = claims[0]["spec"]["resources"]["requests"]["storage"] if claims else "none"
    return f"volume: {size}"


def _sharded(spec: Mapping[str, Any]) -> str:
    first, shards = spec["coordinator"], spec["shards"]
    size = first["pods"]["persistentVolume"]["size"]
    other = shards["pods"]["persistentVolume"]["size"]
    return (
        f"Citus: coordinator {first['instances']} x {size}, "
        f"{shards['clusters']} shards {shards['instancesPerCluster']} x {other}"
    )


def _hosts(each: Manifest) -> str:
    spec = each.content["spec"]
    rules = [str(rule.get("host", "any host")) for rule in spec.get("rules", [])]
    # A service's own route in the mesh has no public name: it leads nobody in.
    public = [str(host) for host in spec.get("hosts", []) if "." in str(host)]
    return ", ".join(rules or public)


def _svg(title: str, parts: Sequence[tuple[str, Sequence[Box]]]) -> str:
    lines = [_text(MARGIN, 40, title, size=22, bold=True)]
    top = 64
    for name, boxes in parts:
        rows = -(-len(boxes) // COLUMNS)
        tall = BOX_HEIGHT + LINE_HEIGHT * (max(len(box.lines) for box in boxes) - 1)
        height = 40 + rows * (tall + GAP)
        lines.append(_rectangle(MARGIN, top, WIDTH - 2 * MARGIN, height, "#f4f6f8", "#c5ccd3"))
        lines.append(_text(MARGIN + GAP, top + 24, name, size=15, bold=True))
        for index, box in enumerate(boxes):
            row, column = divmod(index, COLUMNS)
            left = MARGIN + GAP + column * (BOX_WIDTH + GAP)
            lines += _box(box, left, top + 36 + row * (tall + GAP), tall)
        top += height + GAP
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top + GAP}" '
        f'viewBox="0 0 {WIDTH} {top + GAP}" font-family="DejaVu Sans, Arial, sans-serif">'
    )
    return "\n".join(
        [head, _rectangle(0, 0, WIDTH, top + GAP, "#ffffff", "none"), *lines, "</svg>\n"]
    )


def _box(box: Box, left: int, top: int, tall: int) -> list[str]:
    lines = [
        _rectangle(left, top, BOX_WIDTH, tall, "#ffffff", "#8d99a6"),
        _text(left + 10, top + 19, box.name, size=14, bold=True),
    ]
    for number, line in enumerate(box.lines):
        lines.append(_text(left + 10, top + 37 + number * LINE_HEIGHT, line, size=12))
    for index, colour in enumerate(box.marks):
        at = left + BOX_WIDTH - 14 - 15 * index
        lines.append(f'<circle cx="{at}" cy="{top + tall - 13}" r="5.5" fill="{colour}"/>')
    return lines


def _rectangle(left: int, top: int, width: int, height: int, fill: str, stroke: str) -> str:
    place = f'x="{left}" y="{top}" width="{width}" height="{height}" rx="6"'
    return f'<rect {place} fill="{fill}" stroke="{stroke}"/>'


def _text(left: int, top: int, text: str, *, size: int, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    place = f'x="{left}" y="{top}" font-size="{size}"{weight}'
    return f'<text {place} fill="#1d252c">{escape(text)}</text>'
