"""From where pydantic found something wrong to the keys that a person wrote there."""

from collections.abc import Iterable, Sequence
from types import UnionType
from typing import Annotated, Union, get_args, get_origin

from pydantic import BaseModel


def fields_at(model: type[BaseModel], location: Sequence[str | int]) -> Iterable[str]:
    """The field names of the model that the location leads to, from the root model on."""
    last = _model_in(walked(model, location)[1])
    return last.model_fields if last else []


def walked(model: type[BaseModel], location: Sequence[str | int]) -> tuple[list[str], object]:
    """The keys of a location as a person wrote them, and what the models have there.

    pydantic also names the member of a union that it chose: nobody wrote that.
    """
    keys: list[str] = []
    current: object = model
    for part in location:
        if (chosen := _tagged(current, part)) is not None:
            current = chosen
            continue
        keys += [str(part)] if part != "[key]" else []
        current = _step(current, part)
    return keys, current


def _tagged(annotation: object, tag: str | int) -> type[BaseModel] | None:
    """The member of a union that a tag chooses."""
    for option in _options(annotation):
        if isinstance(option, type) and issubclass(option, BaseModel):
            tags = [get_args(field.annotation) for field in option.model_fields.values()]
            if len(_options(annotation)) > 1 and (tag,) in tags:
                return option
    return None


def _options(annotation: object) -> Sequence[object]:
    if get_origin(annotation) is Annotated:
        return _options(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [deeper for option in get_args(annotation) for deeper in _options(option)]
    return [annotation]


def _step(annotation: object, part: str | int) -> object | None:
    model = _model_in(annotation)
    if model is not None and part in model.model_fields:
        return model.model_fields[str(part)].annotation
    inner = [arg for arg in get_args(annotation) if arg is not Ellipsis]
    return inner[-1] if inner else None


def _model_in(annotation: object) -> type[BaseModel] | None:
    for option in _options(annotation):
        if isinstance(option, type) and issubclass(option, BaseModel):
            return option
    return None
