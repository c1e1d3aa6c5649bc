"""The Kustomize tree as the program makes it now, once per session, and how tests look into it."""

import functools
from collections.abc import Mapping
from typing import Any

import yaml

from rendering import kustomize
from rendering.kustomize_files import Identity, Overlay, identity
from settings import load


@functools.cache
def names() -> tuple[str, ...]:
    """The stacks with an overlay."""
    return tuple(kustomize.overlay_names())


@functools.cache
def overlay(name: str) -> Overlay:
    """What a stack declares, with the sealed values of the committed tree."""
    return kustomize.overlay(load(name), kustomize.sealed_values(name, kustomize.folder()))


@functools.cache
def files() -> Mapping[str, str]:
    """Every file of the tree by its path."""
    return kustomize.tree([overlay(name) for name in names()])


class _Loader(yaml.CSafeLoader):
    """YAML as Kubernetes reads it: a lone `=` is text."""


_Loader.add_constructor("tag:yaml.org,2002:value", yaml.CSafeLoader.construct_scalar)


def documents(text: str) -> list[Any]:
    """The YAML documents of a file."""
    return [each for each in yaml.load_all(text, Loader=_Loader) if each]


def objects(text: str) -> dict[Identity, Any]:
    """The objects of YAML text; none stands there twice."""
    found = documents(text)
    known = {identity(each): each for each in found}
    assert len(known) == len(found), "an object stands there twice"
    return known
