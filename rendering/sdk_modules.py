"""The clouds' and Kubernetes' SDKs as a recording imports them: the same classes, less work.

Their generated modules are half of what a command costs: each import works out ten thousands of
annotations, makes a class of each type of outputs, and of each resource beside the ones used. Here
each module is compiled without what no recording reads, and loaded where somebody asks for it. It
lies compiled beside Python's own bytecode, under a name of its own; the engine's programs never see
it. `tests/rendering/test_sdk_modules.py` records every stack both ways (decision 0073).
"""

import __future__

import ast
import sys
import zlib
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

PACKAGES = ("pulumi_aws", "pulumi_gcp", "pulumi_kubernetes")
_BYTECODE = ".pyc"
# Another way to compile is another file.
_OURS = f".recorded-{zlib.crc32(Path(__file__).read_bytes()):08x}{_BYTECODE}"
_STARTS = "__init__.py"
_ON_DEMAND = """
def __getattr__(name):
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module
    module = import_module("." + _PLACES[name], __name__)
    globals().update((each, getattr(module, each)) for each in module.__all__)
    return globals()[name]
"""
_OUTPUTS = "outputs = _utilities.lazy_import(__package__ + '.outputs')"


def install() -> None:
    """From now on, in this process; what is imported already stays as it is."""
    if _Finder not in sys.meta_path:
        sys.meta_path.insert(0, _Finder)


class _Finder:
    """Finds the SDKs' modules where Python does, and hands them to the loader below."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name.partition(".")[0] not in PACKAGES:
            return None
        found = PathFinder.find_spec(name, path, target)
        if found and type(found.loader) is SourceFileLoader:
            found.loader = loader_of(found.loader.name, Path(found.loader.path))
        return found


def loader_of(name: str, file: Path) -> SourceFileLoader:
    """What loads a module of generated code."""
    return _Loader(name, str(file))


class _Loader(SourceFileLoader):
    """Compiles a module in our way, and keeps that beside Python's own bytecode."""

    def source_to_code(self, data: Any, path: Any, *, _optimize: int = -1) -> CodeType:  # pyright: ignore[reportIncompatibleMethodOverride] - as Python's own has it
        tree = _reduced(ast.parse(data), Path(self.path))
        annotations_as_text = __future__.annotations.compiler_flag
        # Optimized: without docstrings, which are most of these files.
        return compile(tree, path, "exec", flags=annotations_as_text, dont_inherit=True, optimize=2)

    def get_data(self, path: str) -> bytes:
        return super().get_data(_ours(path))

    def set_data(self, path: str, data: Any, *, _mode: int = 0o666) -> None:
        super().set_data(_ours(path), data, _mode=_mode)  # pyright: ignore[reportCallIssue] - Python's own has it


def _ours(path: str) -> str:
    return path.removesuffix(_BYTECODE) + _OURS if path.endswith(_BYTECODE) else path


def _reduced(module: ast.Module, path: Path) -> ast.Module:
    """The module with what it consists of imported on demand, and its types of dicts empty."""
    places: dict[str, str] = {}
    body: list[ast.stmt] = []
    for each in module.body:
        match each:
            case ast.ImportFrom(level=1, module=str(part), names=[ast.alias(name="*")]) if (
                path.name == _STARTS and (names := _exported(path.with_name(f"{part}.py")))
            ):
                places |= dict.fromkeys(names, part)
            case ast.ImportFrom(level=1, module=None, names=[ast.alias(name="outputs")]):
                body += ast.parse(_OUTPUTS).body
            case ast.ClassDef():
                body.append(_class(each))
            case _:
                body.append(each)
    if places:
        body += ast.parse(f"_PLACES = {places!r}{_ON_DEMAND}").body
    module.body = body
    return module


def _class(found: ast.ClassDef) -> ast.ClassDef:
    """Without the fields of a TypedDict and the overloads of a constructor: for type checkers."""
    is_dict = any(isinstance(base, ast.Name) and base.id == "TypedDict" for base in found.bases)
    found.body = [] if is_dict else [each for each in found.body if not _is_overload(each)]
    found.body = found.body or [ast.Pass(lineno=found.lineno, col_offset=0)]
    return found


def _is_overload(found: ast.stmt) -> bool:
    return isinstance(found, ast.FunctionDef) and any(
        isinstance(each, ast.Name) and each.id == "overload" for each in found.decorator_list
    )


def _exported(path: Path) -> list[str]:
    """What a module says that it exports; nothing where it does not say."""
    return next(_all_of(ast.parse(path.read_bytes())), list[str]()) if path.is_file() else []


def _all_of(module: ast.Module) -> Iterator[list[str]]:
    for each in module.body:
        match each:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
                yield ast.literal_eval(value)
            case _:
                pass
