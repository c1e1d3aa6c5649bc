"""What must hold between the objects of any stack: each rule names what breaks it.

Tests of drawn stacks record once and ask all rules, so a rule yields sentences instead of
asserting.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from kubernetes.utils.quantity import parse_quantity

Object = Mapping[str, Any]
Rule = Callable[[Sequence[Object]], Iterator[str]]
_SERVED = ("Deployment", "Rollout")
_WORKLOADS = (*_SERVED, "StatefulSet", "Job")
# What Kubernetes' own default is not, so that leaving it out would mean something else.
_MEANT = {
    "maxUnavailable", "automountServiceAccountToken", "enableServiceLinks",
    "allowPrivilegeEscalation", "emptyDir", "autoPromotionEnabled", "backoffLimit", "weight",
    "sendResolved", "service",
}  # fmt: skip
# Kinds that name the API group of the core, which is the empty one.
_GROUPED = ("Role", "ClusterRole", "AppProject")
_UNITS = ("Ki", "Mi", "Gi", "Ti")


def of(found: Sequence[Object], *kinds: str) -> list[Object]:
    """The objects of some kinds."""
    return [each for each in found if each["kind"] in kinds]


def title(each: Object) -> str:
    """Kind, namespace and name."""
    metadata = each["metadata"]
    return f"{each['kind']} {metadata.get('namespace', '')}/{metadata['name']}"


def pods(found: Sequence[Object]) -> Iterator[tuple[Object, Object]]:
    """Every pod template, with what holds it."""
    for each in of(found, *_WORKLOADS):
        yield each, each["spec"]["template"]


def containers(template: Object) -> list[Object]:
    """All containers, those that run first included."""
    return [*template["spec"].get("initContainers", []), *template["spec"]["containers"]]


def selectors(found: Sequence[Object]) -> Iterator[str]:
    """Services, budgets and spread select the pods of their own name, and no others."""
    for each in of(found, "Service", "PodDisruptionBudget"):
        labels = each["spec"]["selector"]
        wanted = labels.get("matchLabels", labels)
        chosen = [title(holder) for holder, _ in _selected(found, each, wanted)]
        own = each["metadata"]["name"].removesuffix("-preview")
        if len(chosen) != 1 or not chosen[0].endswith(f"/{own}"):
            yield f"{title(each)} selects {chosen}"
    for each in of(found, *_SERVED, "StatefulSet"):
        if [holder for holder, _ in _selected(found, each, each["spec"]["selector"]["matchLabels"])
            ] != [each]:  # fmt: skip
            yield f"{title(each)} selects other pods than its own"


def references(found: Sequence[Object]) -> Iterator[str]:
    """Whatever a pod names is there: account, rank, keys of ConfigMaps and Secrets, volumes."""
    there = {title(each): each for each in found}
    for holder, template in pods(found):
        space, spec = holder["metadata"]["namespace"], template["spec"]
        named = [f"ServiceAccount {space}/{own}" for own in [spec.get("serviceAccountName")] if own]
        named += [f"PriorityClass /{rank}" for rank in [spec.get("priorityClassName")] if rank]
        named += [f"{kind} {space}/{name}" for kind, name, _ in _read(template)]
        yield from (f"{title(holder)} names {name}" for name in named if name not in there)
        for kind, name, key in _read(template):
            held = there.get(f"{kind} {space}/{name}", {})
            if key is not None and key not in {
                **held.get("data", {}),
                **held.get("stringData", {}),
            }:
                yield f"{title(holder)} reads {key} of {kind} {name}, which has none"
        volumes = {volume["name"] for volume in spec.get("volumes", [])}
        volumes |= {c["metadata"]["name"] for c in holder["spec"].get("volumeClaimTemplates", [])}
        mounted = {m["name"] for c in containers(template) for m in c.get("volumeMounts", [])}
        yield from (f"{title(holder)} mounts {name}" for name in mounted - volumes)


def ports(found: Sequence[Object]) -> Iterator[str]:
    """A Service's named port is a port of its pods, and whatever leads in leads to a Service."""
    for each in of(found, "Service"):
        for _, template in _selected(found, each, each["spec"]["selector"]):
            named = {p["name"] for c in containers(template) for p in c.get("ports", [])}
            wanted = {port["targetPort"] for port in each["spec"]["ports"]}
            yield from (f"{title(each)} leads to port {port}" for port in wanted - named)
    open_ports = {(s["metadata"]["name"], port["port"])
                  for s in of(found, "Service") for port in s["spec"]["ports"]}  # fmt: skip
    for each in of(found, "Ingress", "VirtualService"):
        yield from (f"{title(each)} leads to {end}" for end in _ends(each) if end not in open_ports)


def growth(found: Sequence[Object]) -> Iterator[str]:
    """An autoscaler's bounds are in order, what it scales is there, and it alone says how many."""
    deployments = {each["metadata"]["name"]: each for each in of(found, *_SERVED)}
    for each in of(found, _HPA):
        target = each["spec"]["scaleTargetRef"]
        if deployments.get(target["name"], {}).get("kind") != target["kind"]:
            yield f"{title(each)} scales a {target['kind']} that is not there"
    scaled = [each["spec"]["scaleTargetRef"]["name"] for each in of(found, _HPA)]
    for each in of(found, _HPA):
        low, high = each["spec"]["minReplicas"], each["spec"]["maxReplicas"]
        if not 1 <= low <= high:
            yield f"{title(each)} scales from {low} to {high}"
    yield from (f"{name} is scaled and is not there" for name in set(scaled) - deployments.keys())
    yield from (f"{name} is scaled twice" for name in scaled if scaled.count(name) > 1)
    for name, each in deployments.items():
        if ("replicas" in each["spec"]) == (name in scaled):
            yield f"{title(each)}: replicas has {'two writers' if name in scaled else 'none'} (W-1)"


def budgets(found: Sequence[Object]) -> Iterator[str]:
    """A budget stands where more than one pod runs, and always lets one go."""
    counts = {each["metadata"]["name"]: each["spec"].get("replicas") for each in
              of(found, *_SERVED)}  # fmt: skip
    counts |= {each["spec"]["scaleTargetRef"]["name"]: each["spec"]["minReplicas"]
               for each in of(found, _HPA)}  # fmt: skip
    kept = {each["metadata"]["name"]: each for each in of(found, "PodDisruptionBudget")}
    wanted = {name for name, count in counts.items() if count and count > 1}
    yield from (f"{name} has a budget too many or too few" for name in wanted ^ kept.keys())
    for name, each in kept.items():
        percent = int(str(each["spec"]["maxUnavailable"]).rstrip("%"))
        if not 1 <= -(-counts[name] * percent // 100) < counts[name]:
            yield f"{title(each)} of {counts[name]} pods lets none go, or all"


def room(found: Sequence[Object]) -> Iterator[str]:
    """The quota holds every pod at its most, with one more of each in a rolling update."""
    (quota,) = of(found, "ResourceQuota")
    most = {each["spec"]["scaleTargetRef"]["name"]: each["spec"]["maxReplicas"]
            for each in of(found, _HPA)}  # fmt: skip
    needed = dict.fromkeys(quota["spec"]["hard"], 0)
    for holder, template in pods(found):
        if holder["metadata"]["namespace"] == quota["metadata"]["namespace"]:
            own = holder["spec"].get("replicas", 1)
            count = most.get(holder["metadata"]["name"], own) * (1 + (holder["kind"] == "Rollout"))
            count += holder["kind"] == "Deployment"
            needed["pods"] += count
            for resource in ("cpu", "memory"):
                needed[f"requests.{resource}"] += count * asked(template, resource)
    for key, amount in quota["spec"]["hard"].items():
        if parse_quantity(amount) < needed[key]:
            yield f"{title(quota)}: {key} is {amount}, and {needed[key]} may be asked for"


def quantities(found: Sequence[Object]) -> Iterator[str]:
    """Amounts are in canonical form: another form is another writer's field (W-4)."""
    for each in found:
        for place, amount in _amounts(each.get("spec", {})):
            if not canonical(amount):
                yield f"{title(each)}: {place} is {amount}"


def zeros(found: Sequence[Object]) -> Iterator[str]:
    """No field says what leaving it out says: it would become another writer's (W-4)."""
    for each in found:
        for place in _empty(each):
            if place[-1] not in _MEANT and each["kind"] not in _GROUPED:
                yield f"{title(each)}: {'.'.join(place)} is empty"


RULES: tuple[Rule, ...] = (
    selectors, references, ports, growth, budgets, room, quantities, zeros,
)  # fmt: skip
_HPA = "HorizontalPodAutoscaler"


def asked(template: Object, resource: str) -> Any:
    """What the scheduler counts: all containers together, or one that runs first and asks more."""
    amounts = {part: [parse_quantity(c["resources"]["requests"][resource])
                      for c in template["spec"].get(part, [])]
               for part in ("containers", "initContainers")}  # fmt: skip
    return max([sum(amounts["containers"]), *amounts["initContainers"]])


def canonical(amount: str) -> bool:
    """Whether Kubernetes would write the amount so: no fraction, the largest unit that fits."""
    match = re.fullmatch(r"([1-9][0-9]*)(m|Ki|Mi|Gi|Ti)?", amount)
    if match is None:
        return False
    number, unit = int(match[1]), match[2]
    if unit == "m":
        return number % 1000 != 0
    return unit is None or unit == _UNITS[-1] or number % 1024 != 0


def _selected(found: Sequence[Object], each: Object, labels: Object) -> list[tuple[Object, Object]]:
    space = each["metadata"]["namespace"]
    return [(holder, template) for holder, template in pods(found)
            if holder["metadata"]["namespace"] == space
            and labels.items() <= template["metadata"]["labels"].items()]  # fmt: skip


def _read(template: Object) -> Iterator[tuple[str, str, str | None]]:
    variables = [v for c in containers(template) for v in c.get("env", [])]
    for kind, field in (("Secret", "secretKeyRef"), ("ConfigMap", "configMapKeyRef")):
        sources = [variable.get("valueFrom", {}) for variable in variables]
        yield from ((kind, s[field]["name"], s[field]["key"]) for s in sources if field in s)
    for volume in template["spec"].get("volumes", []):
        if "configMap" in volume:
            yield "ConfigMap", volume["configMap"]["name"], None
        if "secret" in volume:
            for item in volume["secret"].get("items", [{"key": None}]):
                yield "Secret", volume["secret"]["secretName"], item["key"]


def _ends(each: Object) -> Iterator[tuple[str, int]]:
    for rule in each["spec"].get("rules", []):
        for path in rule["http"]["paths"]:
            service = path["backend"]["service"]
            yield service["name"], service["port"]["number"]
    for rule in each["spec"].get("http", []):
        for route in rule.get("route", []):
            yield route["destination"]["host"], route["destination"]["port"]["number"]


def _amounts(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, entry in value.items():
            if key in ("requests", "limits", "hard", "default", "defaultRequest") and isinstance(
                entry, Mapping
            ):
                yield from ((f"{place}.{key}.{name}", amount) for name, amount in entry.items())
            else:
                yield from _amounts(entry, f"{place}.{key}")
    elif isinstance(value, list):
        for entry in value:
            yield from _amounts(entry, place)


def _empty(value: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if place[-1:] in (("data",), ("stringData",)):
        return
    if isinstance(value, Mapping) and value:
        for key, entry in value.items():
            yield from _empty(entry, (*place, key))
    elif isinstance(value, list) and value:
        for entry in value:
            yield from _empty(entry, place)
    elif not value:
        yield place
