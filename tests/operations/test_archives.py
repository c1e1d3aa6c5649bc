"""Charts' archives are compared with their pins before anything uses them (decision 0036)."""

import pytest

from operations.archives import ArchiveError, archives, bring, compare
from settings import platform
from settings.charts import CHARTS
from tests.support.charts import (
    in_folder,
    in_registry,
    own_archives,
    packed,
    serving,
    sha256,
    stack_with,
)

QUIET = [].append


def pinned(**said):
    """A stack whose charts are tiny, each pinned by its own digest; and their archives."""
    plain = stack_with({}, **said)
    own = own_archives(plain)
    charts = plain.catalog.charts
    pins = {
        name: {"digest": sha256(own[charts[name].chart or name, charts[name].version])}
        for name in platform.charts(plain)
    }
    pins = {name: pin | {"unverified": None} for name, pin in pins.items()}
    return stack_with(pins, **said), own


def mirrored(pages, tmp_path, scheme="http", **more):
    """What became of bringing every chart from a mirror; the stack, what was told and asked."""
    with serving(pages, **more) as (address, asked):
        made, _ = pinned(mirror=f"{scheme}://{address}/charts")
        told = []
        bring([made], told.append, tmp_path)
    return made, told, asked


@pytest.fixture
def own():
    return pinned()[1]


def test_a_mirror_s_folder_gives_every_archive_as_pinned(own, tmp_path):
    made, told, asked = mirrored(in_folder(own), tmp_path)
    assert {each.state for each in compare([made], tmp_path)} == {"same"}
    assert len(told) == len(asked) == len(own)


def test_what_lies_here_as_pinned_is_not_asked_for_again(own, tmp_path):
    mirrored(in_folder(own), tmp_path)
    _, told, asked = mirrored({}, tmp_path)
    assert told == asked == []


@pytest.mark.parametrize("token", [None, "given"])
def test_a_registry_gives_them_too_with_a_token_where_it_wants_one(own, tmp_path, token):
    pages = in_registry(own) | {"/token": b'{"token": "given"}'}
    made, _, _ = mirrored(pages, tmp_path, "oci", token=token)
    assert {each.state for each in compare([made], tmp_path)} == {"same"}


def test_a_publisher_s_index_leads_to_the_archive(tmp_path):
    content = packed("istiod", "1.29.4")
    index = (b"entries:\n  istiod:\n  - version: 1.29.3\n    urls: [old.tgz]\n"
             b"  - version: 1.29.4\n    urls: [below/istiod.tgz]\n")  # fmt: skip
    pages = {"/r/index.yaml": index, "/r/below/istiod.tgz": content}
    with serving(pages) as (address, asked):
        pin = {"repository": f"http://{address}/r", "digest": sha256(content), "unverified": None}
        made = stack_with(dict.fromkeys(CHARTS, pin))
        with pytest.raises(ArchiveError) as refused:
            bring([made], QUIET, tmp_path)
    assert {e.name for e in archives([made], tmp_path) if e.state == "same"} == {"istiod"}
    assert f"istio-base: http://{address}/r/index.yaml knows no base 1.29.4" in str(refused.value)
    assert asked.count("/r/index.yaml") == 1, "an index is large: read once"


def test_archives_that_are_not_as_pinned_are_refused_at_once_by_name_and_not_kept(own, tmp_path):
    pages = in_folder(own)
    changed = packed("istiod", "1.29.4", {"templates/more.yaml": "a: b"})
    pages["/charts/istiod-1.29.4.tgz"] = changed
    del pages["/charts/base-1.29.4.tgz"]
    with pytest.raises(ArchiveError) as refused:
        mirrored(pages, tmp_path)
    told = str(refused.value)
    assert told.startswith("2 charts cannot be used\n")
    assert f"its SHA-256 is {sha256(changed)}, pinned is {sha256(own['istiod', '1.29.4'])}" in told
    assert "base-1.29.4.tgz answers 404" in told
    absent = {each.name for each in archives([pinned()[0]], tmp_path) if each.state == "absent"}
    assert absent == {"istiod", "istio-base"}, "what is as pinned is kept, nothing else"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (packed("istiod", "1.29.3"), "it holds istiod 1.29.3, pinned is istiod 1.29.4"),
        (packed("pilot", "1.29.4"), "it holds pilot 1.29.4, pinned is istiod 1.29.4"),
        (b"<html>not here</html>", "it holds no chart, pinned is istiod 1.29.4"),
    ],
)
def test_an_unverified_chart_must_at_least_be_the_one_that_it_says(own, tmp_path, content, words):
    pages = in_folder(own) | {"/charts/istiod-1.29.4.tgz": content}
    with serving(pages) as (address, _):
        unverified = stack_with({}, mirror=f"http://{address}/charts")
        with pytest.raises(ArchiveError, match=words):
            bring([unverified], QUIET, tmp_path)


def test_of_an_unverified_chart_the_digest_is_told_so_that_it_can_be_pinned(own, tmp_path):
    told = []
    with serving(in_folder(own)) as (address, _):
        made = stack_with({}, mirror=f"http://{address}/charts")
        with pytest.raises(ArchiveError):
            bring([made], told.append, tmp_path)
    (line,) = (each for each in told if each.startswith("istiod "))
    assert line.endswith(f"not pinned; its SHA-256 is {sha256(own['istiod', '1.29.4'])}")


def test_an_archive_that_changes_where_it_lies_is_found_without_a_network(own, tmp_path):
    made, _, _ = mirrored(in_folder(own), tmp_path)
    (one,) = (each for each in archives([made], tmp_path) if each.name == "argo-rollouts")
    one.path.write_bytes(packed("argo-rollouts", "2.41.0", {"templates/a.yaml": "evil: true"}))
    with pytest.raises(ArchiveError, match=r"1 chart cannot be used\s+argo-rollouts: .*SHA-256"):
        compare([made], tmp_path)
    mirrored(in_folder(own), tmp_path)
    assert compare([made], tmp_path), "and brought again before the engine runs"


def test_a_registry_that_gives_other_bytes_than_it_says_is_refused(own, tmp_path):
    pages = in_registry(own)
    path = next(each for each in pages if each.startswith("/v2/charts/istiod/blobs/"))
    pages[path] = packed("istiod", "1.29.4", {"templates/more.yaml": "a: b"})
    with pytest.raises(ArchiveError, match="the registry gives other bytes than it says"):
        mirrored(pages, tmp_path, "oci")


def test_a_server_that_is_gone_is_a_sentence(tmp_path):
    with serving({}) as (address, _):
        made, _ = pinned(mirror=f"http://{address}/charts")
    with pytest.raises(ArchiveError, match=r"istiod-1.29.4.tgz does not answer \(MaxRetryError\)"):
        bring([made], QUIET, tmp_path)
