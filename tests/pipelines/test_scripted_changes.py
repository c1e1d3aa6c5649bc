"""`mpk pr-comment` on changes from one label to ten times the catalogue (issue 7, line 2)."""

import random
import re
from dataclasses import replace

import pytest

from rendering.comment import LIMIT, MARKER
from settings import load
from settings.capacity_report import report
from tests.support.comments import (
    all_of,
    as_html,
    each,
    one,
    put,
    times,
    told,
    without,
    without_service,
)

SHOP = "shop-service"
POD = "spec/template/spec"
CONTAINER = f"{POD}/containers/0"
CALM = ""


def new_region(stack, _found):
    if stack != "production-jp":
        return None
    from tests.support.plans import objects  # noqa: PLC0415 - recorded once for all

    return objects("production")


def all_at_once(stack, found):
    for content in found:
        content["metadata"].setdefault("labels", {})["team"] = f"{stack}-{content['kind']}"
        content["metadata"].setdefault("annotations", {})["note"] = content["metadata"]["name"] * 9
        content["spec"] = {"all": content["metadata"]["name"]}


def both(*edits):
    def edit(stack, found):
        for each_edit in edits:
            found = each_edit(stack, found) or found
        return found

    return edit


# Name: the change, what the comment must say, and what is dangerous in it ("" where nothing is).
CHANGES = {
    "nothing": (lambda *_: None, "No stack changes", CALM),
    "one label": (one("Deployment", SHOP, put("metadata/labels/team", "shop")), "team", CALM),
    "a label everywhere": (
        each("Deployment", put("metadata/labels/team", "a")),
        "23 services",
        CALM,
    ),
    "an image": (one("Deployment", SHOP, put(f"{CONTAINER}/image", "ghcr.io/x:v9")), "x:v9", CALM),
    "replicas": (one("Deployment", SHOP, put("spec/replicas", 4)), "spec.replicas", CALM),
    "memory": (
        one("Deployment", SHOP, put(f"{CONTAINER}/resources/requests/memory", "1Gi")),
        "1Gi",
        CALM,
    ),
    "an added variable": (
        one("ConfigMap", "manpasik-config", put("data/NEW_ONE", "1")),
        "NEW\\_ONE|NEW_ONE",
        CALM,
    ),
    "a removed probe": (
        one("Deployment", SHOP, put(f"{CONTAINER}/livenessProbe", None)),
        "livenessProbe",
        CALM,
    ),
    "a new port": (one("Service", SHOP, put("spec/ports/0/port", 1)), "ports", CALM),
    "a removed service": (without_service(SHOP), SHOP, "delete"),
    "two removed services": (
        both(without_service(SHOP), without_service("auth-service")),
        "auth-service",
        "delete",
    ),
    "a removed claim": (without("StatefulSet", "postgres"), "postgres", "its volume claims stay"),
    "a removed namespace": (
        without("Namespace", "manpasik-data"),
        "manpasik-data",
        "everything in it",
    ),
    "no budgets": (without("PodDisruptionBudget"), "PodDisruptionBudget", "delete"),
    "no rights": (without("RoleBinding"), "RoleBinding", "delete"),
    "no autoscalers": (without("HorizontalPodAutoscaler"), "HorizontalPodAutoscalers", "delete"),
    "a selector": (
        one("Deployment", SHOP, put("spec/selector/matchLabels/x", "y")),
        "matchLabels",
        "cannot change in place",
    ),
    "a job's template": (
        each("Job", put(f"{POD}/priority", 3)),
        "priority",
        "cannot change in place",
    ),
    "as root": (
        one("Deployment", SHOP, put(f"{CONTAINER}/securityContext/runAsUser", 0)),
        "runAsUser",
        "loosens runAsUser",
    ),
    "privileged": (
        one("Deployment", SHOP, put(f"{CONTAINER}/securityContext/privileged", True)),
        "privileged",
        "loosens privileged",
    ),
    "a writable root": (
        each("Deployment", put(f"{CONTAINER}/securityContext/readOnlyRootFilesystem", False)),
        "readOnlyRootFilesystem",
        "loosens",
    ),
    "the host's network": (
        one("Deployment", SHOP, put(f"{POD}/hostNetwork", True)),
        "hostNetwork",
        "loosens hostNetwork",
    ),
    "a token": (
        one("Deployment", SHOP, put(f"{POD}/automountServiceAccountToken", True)),
        "automount",
        "loosens automount",
    ),
    "a pod's level": (
        one(
            "Namespace", "manpasik", put("metadata/labels/pod-security.kubernetes.io~enforce", "x")
        ),
        "pod-security",
        "holds other objects",
    ),
    "more rights": (
        each("RoleBinding", put("subjects/0/name", "everybody")),
        "everybody",
        "policy: says who may do what",
    ),
    "a role for all": (
        each("RoleBinding", put("roleRef/name", "admin")),
        "roleRef",
        "cannot change in place",
    ),
    "a store's disk": (
        each("StatefulSet", put("spec/volumeClaimTemplates/0/spec/x", "1")),
        "volumeClaimTemplates",
        "cannot change in place",
    ),
    "a store's image": (
        each("StatefulSet", put(f"{CONTAINER}/image", "other")),
        "other",
        "holds data",
    ),
    "a secret's key": (
        each("Secret", put("stringData/NEW_KEY", "hidden")),
        "NEW_KEY|NEW\\_KEY",
        "holds secrets",
    ),
    "a removed secret": (without("Secret"), "Secret", "its values go"),
    "a new region": (new_region, "production-jp", CALM),
    "ten times the catalogue": (times(10), "and 2", CALM),
    "a tenth of it left": (lambda _, found: found[::10], "delete", "everything in it|its data"),
    "all objects at once": (all_at_once, "more rows", "cannot change in place"),
    "a nasty name": (
        one("ConfigMap", "manpasik-config", put("data/@org~team", "`<b>|\n@all")),
        "@org",
        CALM,
    ),
}


@pytest.mark.parametrize(("edit", "says", "danger"), CHANGES.values(), ids=CHANGES)
def test_a_scripted_change_is_told_whole_bounded_and_the_dangerous_first(edit, says, danger):
    changes = all_of(edit, "production-jp")
    found = told(changes)
    assert found.text.startswith(f"{MARKER}\n")
    assert len(found.text) <= LIMIT - 1_500
    assert re.search(says.replace("\\_", r"\\_"), found.text), "what changed is not named"
    top, _, rest = found.text.partition("### Dangerous")
    assert bool(rest) == bool(danger)
    if danger:
        assert re.search(danger, rest.split("<details>")[0].replace("\\", ""))
        assert "<details>" not in top, "dangerous lines come first"
    assert found.text.count("<details>") == found.text.count("</details>")


@pytest.mark.parametrize("name", ["a removed service", "a new region", "all objects at once"])
def test_the_order_of_objects_and_stacks_changes_no_byte(name):
    edit = CHANGES[name][0]

    def shuffled(stack, found):
        found = edit(stack, found) or found
        random.Random(7).shuffle(found)  # noqa: S311 - no secret
        return found

    again = all_of(shuffled, "production-jp")[::-1]
    assert told(again).text == told(all_of(edit, "production-jp")).text


@pytest.mark.parametrize(
    ("monthly", "shown"),
    [
        (None, "?"),
        ((70.4, 70.4), "70"),
        ((0.0, 2500.0), "2,500 (**+2,500**)"),
        ((2500.0, 70.4), "70 (**-2,430**)"),
    ],
    ids=["unknown", "alike", "new", "cheaper"],
)
@pytest.mark.parametrize("replicas", [1, 100])
def test_the_columns_of_cost_and_nodes_tell_both_sides(monthly, shown, replicas):
    more = {"environment": "dev", "services": {SHOP: {"replicas": replicas}}}
    before, after = report(load("dev")), report(load("dev", more))
    one = replace(all_of(lambda *_: None)[0], stack="dev", capacity=(before, after))
    text = told([replace(one, plan=replace(one.plan, monthly=monthly))]).text
    held = replicas == 1
    nodes = "hold it" if held else "**do not hold it**"
    assert re.search(rf"^\| dev \|.*\| {re.escape(shown)} \| {re.escape(nodes)} \|$", text, re.M)
    assert ("- nodes of dev: " in text) == (not held), "another verdict than before is a sentence"
    assert held or "(before: " in text


def test_rows_shown_and_rows_counted_as_missing_are_all_rows():
    changes = all_of(all_at_once)
    whole = told_with(changes, 10**7)
    bounded = told(changes)
    missing = sum(map(int, re.findall(r"\*\*(\d+) more rows\*\*", bounded.text)))
    assert (whole.untold, missing) == (0, bounded.untold)
    assert missing > 0
    assert rows(bounded.text) + missing == rows(whole.text)


def told_with(changes, limit):
    from rendering.comment import comment  # noqa: PLC0415 - only here with another limit

    return comment(changes, base="main", limit=limit)


def rows(text):
    heads = ("|--", "| what", "| stack")
    return sum(line.startswith("|") and not line.startswith(heads) for line in text.splitlines())


@pytest.mark.parametrize("name", ["a nasty name", "all objects at once", "a removed secret"])
def test_a_reader_sees_every_row_as_a_row_and_calls_nobody(name):
    text = told(all_of(CHANGES[name][0])).text
    page = as_html(text)
    heads = page.count("<thead>")
    assert page.count("<tr>") == rows(text) + heads
    outside = re.sub(r"<code>.*?</code>", "", page, flags=re.DOTALL)
    assert "@" not in outside
    assert "<b>|" not in outside
