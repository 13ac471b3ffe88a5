"""JSON to the protocol's types, by their own declarations, forgiving what the protocol forgives. Pure.

LSP asks each side to ignore what it does not know. So an optional value that does not fit its declaration counts as
absent, and so does null. A list loses the items that do not fit. Numbers are clamped to the declared range.
Only a required value that is missing or does not fit makes the whole unreadable: `Unfit`. Text is never guessed.
"""

from __future__ import annotations

import math
import types as builtin_types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin

import attrs
from lsprotocol import types, validators

Read = Callable[[Any], Any]

STAND_INS: Mapping[tuple[type, str], Any] = {
    (types.TextDocumentItem, "version"): 0,
    (types.TextDocumentItem, "language_id"): "",
    (types.VersionedTextDocumentIdentifier, "version"): 0,
    (types.NotebookDocument, "version"): 0,
    (types.NotebookDocument, "notebook_type"): "",
    (types.VersionedNotebookDocumentIdentifier, "version"): 0,
    (types.WorkspaceFolder, "name"): "",
    (types.FileEvent, "type"): types.FileChangeType.Changed,
    (types.InlineCompletionContext, "trigger_kind"): types.InlineCompletionTriggerKind.Automatic,
}
"""Values for required fields that a client leaves out or that do not fit. Nothing here decides what a text is."""

ALL_OR_NOTHING = {
    (types.DidChangeTextDocumentParams, "content_changes"),
    (types.DidChangeNotebookDocumentParams, "change"),
    (types.NotebookDocumentChangeEvent, "cells"),
    (types.NotebookDocumentCellChanges, "structure"),
    (types.NotebookDocumentCellChanges, "data"),
    (types.NotebookDocumentCellChanges, "text_content"),
    (types.NotebookDocumentCellChangeStructure, "array"),
    (types.NotebookDocumentCellChangeStructure, "did_open"),
    (types.NotebookDocumentCellChangeStructure, "did_close"),
    (types.NotebookCellArrayChange, "cells"),
    (types.NotebookDocumentCellContentChanges, "changes"),
}
"""What changes a text. Nothing is left out here: the rest would be another change."""

_RANGES = {
    validators.integer_validator: (validators.INTEGER_MIN_VALUE, validators.INTEGER_MAX_VALUE),
    validators.uinteger_validator: (validators.UINTEGER_MIN_VALUE, validators.UINTEGER_MAX_VALUE),
}


class Unfit(Exception):
    """The value does not match its declaration. Never holds the value, which may be the user's text."""


def read(declared: Any, value: Any) -> Any:
    """Return `value` as an instance of the `declared` type. Raises Unfit."""
    return _reader(declared)(value)


def json_name(name: str) -> str:
    """Return the name that a field has in JSON."""
    first, *rest = name.removesuffix("_").split("_")
    return first + "".join(part.title() for part in rest)


@dataclass(frozen=True, slots=True)
class _Field:
    """One field of a protocol type. `default` is `attrs.NOTHING` for a required field."""

    name: str
    key: str
    read: Read
    default: Any
    retry_empty: bool
    all_or_nothing: bool


@cache
def _reader(declared: Any) -> Read:
    origin = get_origin(declared)
    if declared is Any or declared is types.LSPObject:
        return _as_it_is
    if origin is Union or origin is builtin_types.UnionType:
        return _union_reader(get_args(declared))
    if origin is not None and issubclass(origin, Mapping):
        return _mapping_reader(get_args(declared)[1])
    if origin is not None and issubclass(origin, Sequence):
        return _list_reader(get_args(declared)[0], drops=True)
    if attrs.has(declared):
        return _object_reader(declared)
    if issubclass(declared, Enum):
        return _enum_reader(declared)
    return _SCALARS[declared]


def _object_reader(declared: type) -> Read:
    fields: list[_Field] = []

    def read_object(value: Any) -> Any:
        if type(value) is not dict:
            raise Unfit
        if not fields:  # on first use: some types contain themselves
            fields.extend(_fields(declared))
        return declared(**{field.name: _read_field(field, value.get(field.key)) for field in fields})

    return read_object


def _read_field(field: _Field, value: Any) -> Any:
    try:
        if value is not None:
            return field.read(value)
    except Unfit:
        if field.all_or_nothing:
            raise
    if field.default is not attrs.NOTHING:
        return field.default
    if field.retry_empty:
        return field.read({})
    raise Unfit


def _fields(declared: type) -> list[_Field]:
    attrs.resolve_types(declared)
    return [_field(declared, attribute) for attribute in attrs.fields(declared)]


def _field(declared: type, attribute: Any) -> _Field:
    place = (declared, attribute.name)
    kind: Any = attribute.type
    reader = _reader(kind)
    default = STAND_INS.get(place, attribute.default)
    item = _item(kind)
    if place in ALL_OR_NOTHING:
        if item is not None:
            reader = _list_reader(item, drops=False)
    elif default is attrs.NOTHING and item is not None:
        default = ()
    if default is attrs.NOTHING and type(None) in get_args(kind):
        default = None
    if limits := _limits(attribute.validator):
        reader = _integer_reader(*limits)
    is_class = isinstance(kind, type) and attrs.has(kind)
    return _Field(attribute.name, json_name(attribute.name), reader, default, is_class, place in ALL_OR_NOTHING)


def _item(kind: Any) -> Any:
    """Return the item type of a list, or of an optional list; None for anything else."""
    for one in (kind, *(get_args(kind) if get_origin(kind) is Union else ())):
        origin = get_origin(one)
        if isinstance(origin, type) and issubclass(origin, Sequence):
            return get_args(one)[0]
    return None


def _limits(validator: Any) -> tuple[int, int] | None:
    return _RANGES.get(getattr(validator, "validator", validator))  # an optional field wraps its validator


def _union_reader(alternatives: Sequence[Any]) -> Read:
    if Any in alternatives:
        return _as_it_is
    classes = [one for one in alternatives if isinstance(one, type) and attrs.has(one)]
    readers = [_reader(one) for one in alternatives if one is not type(None) and one not in classes]

    def read_one(value: Any) -> Any:
        if type(value) is dict and classes:
            return _reader(_class_of(value, classes))(value)
        for reader in readers:
            try:
                return reader(value)
            except Unfit:
                continue
        raise Unfit

    return read_one


def _class_of(value: dict[str, Any], classes: Sequence[type]) -> type:
    """Return the one of `classes` that has most of the object's keys, of those whose required keys are all there."""
    present = {key for key, item in value.items() if item is not None}
    best, most = None, -1
    for declared in classes:
        required, known = _keys(declared)
        if required <= present and len(known & present) > most:
            best, most = declared, len(known & present)
    if best is None:
        raise Unfit
    return best


@cache
def _keys(declared: type) -> tuple[frozenset[str], frozenset[str]]:
    fields = _fields(declared)
    required = frozenset(field.key for field in fields if field.default is attrs.NOTHING)
    return required, frozenset(field.key for field in fields)


def _list_reader(item: Any, drops: bool) -> Read:
    reader = _reader(item)

    def read_list(value: Any) -> tuple[Any, ...]:
        if type(value) is not list:
            raise Unfit
        items = []
        for one in value:
            try:
                items.append(reader(one))
            except Unfit:
                if not drops:
                    raise
        return tuple(items)

    return read_list


def _mapping_reader(item: Any) -> Read:
    reader = _reader(item)

    def read_mapping(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise Unfit
        found = {}
        for key, one in value.items():
            try:
                found[key] = reader(one)
            except Unfit:
                continue
        return found

    return read_mapping


def _enum_reader(declared: type[Enum]) -> Read:
    def read_enum(value: Any) -> Enum:
        if type(value) not in (int, str):
            raise Unfit
        try:
            return declared(value)
        except ValueError:
            raise Unfit from None

    return read_enum


def _integer_reader(low: int, high: int) -> Read:
    def read_integer(value: Any) -> int:
        if type(value) is int:
            return low if value < low else high if value > high else value
        if type(value) is float and not math.isnan(value):
            if math.isinf(value):
                return low if value < 0 else high
            if value.is_integer():
                return read_integer(int(value))
        raise Unfit

    return read_integer


def _exactly(*kinds: type) -> Read:
    def read_scalar(value: Any) -> Any:
        if type(value) not in kinds:
            raise Unfit
        return value

    return read_scalar


def _as_it_is(value: Any) -> Any:
    return value


_SCALARS: Mapping[Any, Read] = {
    str: _exactly(str),
    bool: _exactly(bool),
    int: _exactly(int),
    float: _exactly(float, int),
}
