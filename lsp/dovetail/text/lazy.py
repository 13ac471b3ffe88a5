"""A property that is computed when it is first asked for, and kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class lazy(Generic[T]):
    """`functools.cached_property` without its lock.

    Until Python 3.12 that lock is shared by all instances: while one is computed, for a text that takes long to parse,
    every other one waits. Here two threads that ask at the same time may both compute it, which changes nothing.
    """

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self._compute = compute
        self._name = compute.__name__
        self.__doc__ = compute.__doc__

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> lazy[T]: ...

    @overload
    def __get__(self, instance: object, owner: type[Any]) -> T: ...

    def __get__(self, instance: object | None, owner: type[Any]) -> lazy[T] | T:
        if instance is None:
            return self
        # An attribute of the instance takes precedence over this descriptor, so it is computed only once.
        value = instance.__dict__[self._name] = self._compute(instance)
        return value
