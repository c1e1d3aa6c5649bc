"""A version set in a stack's file leaves the rest of the text as it was (decision 0047)."""

import pytest
import yaml

from settings.stack_edit import UneditableError, with_value

HEAD = "# of people\nconfig:\n  a:stack:\n    environment: local # why\n"
WAY = ["config", "a:stack", "images", "tag"]
CASES = {
    "a mapping that is not there": HEAD,
    "a value in a block": HEAD + "    images:\n      tag: v1.0.0 # the release\n    phase: 2\n",
    "a value in braces": HEAD + "    images: {registry: a/b, tag: v1.0.0}\n",
    "a mapping without the key": HEAD + "    images: {registry: a/b}\n    phase: 2\n",
    "an empty mapping": HEAD + "    images: {}\n",
    "a block without the key": HEAD + "    images:\n      registry: a/b\n",
    "a null": HEAD + "    images: null\n",
    "quotes": HEAD + '    images: {tag: "v1.0.0"}\n',
}


@pytest.mark.parametrize("text", CASES.values(), ids=CASES)
def test_the_value_is_set_and_every_comment_stays(text):
    edited = with_value(text, WAY, "v2.0.0")
    assert yaml.safe_load(edited)["config"]["a:stack"]["images"]["tag"] == "v2.0.0"
    assert [line for line in text.splitlines() if "#" in line and "tag" not in line] == [
        line for line in edited.splitlines() if "#" in line and "tag" not in line
    ]
    assert with_value(edited, WAY, "v2.0.0") == edited


@pytest.mark.parametrize("version", ["1.10", "017", "null", "2026-01-01", "1e3"])
def test_a_version_that_looks_like_something_else_stays_text(version):
    edited = with_value(HEAD, WAY, version)
    assert yaml.safe_load(edited)["config"]["a:stack"]["images"]["tag"] == version


@pytest.mark.parametrize("text", ["", "- a\n", HEAD + "    images: &x {tag: v1}\n    other: *x\n"])
def test_a_form_that_cannot_be_edited_safely_is_refused(text):
    with pytest.raises(UneditableError):
        with_value(text, WAY, "v2.0.0")
