"""What follows from what, written once, beside the code that works it out.

A derived value names the values that it is made of: params, or other derived values. Its cache is
keyed by them, and whoever shows it asks `params_of` which params to watch, instead of listing them
again. Nothing here knows an Inspector.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import numpy as np
import param

__all__ = ["Derived", "derived", "follows", "params_of"]

_Work = TypeVar("_Work", bound=Callable)


def follows(*inputs: str) -> Callable[[_Work], _Work]:
    """Declare what a function, a method or a property's getter is made of; nothing is kept.

    Parameters
    ----------
    *inputs : str
        Names of params and of derived values of the object that it is a method of, or that it
        takes as its first argument.
    """

    def declare(work: _Work) -> _Work:
        work.inputs = inputs  # type: ignore[attr-defined]  # a function takes any attribute
        return work

    return declare


class derived:
    """A property that is worked out of other values and kept until one of those is another.

    Arrays and other objects are the same only if they are the same object, so that an array has to
    be replaced, never changed in place; numbers, words and tuples are compared, `True` not being 1.
    An array that it gives is read-only.

    Parameters
    ----------
    *inputs : str
        Names of params and of derived values that are needed each time it is worked out.
    """

    def __init__(self, *inputs: str):
        self.inputs = inputs

    def __call__(self, work: Callable[[Any], Any]) -> derived:
        self._work = work
        self.__doc__ = work.__doc__
        return self

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, obj: Any, owner: type | None = None) -> Any:
        if obj is None:
            return self
        now = [getattr(obj, name) for name in self.inputs]
        kept = obj.__dict__.setdefault("_worked_out", {})
        before, value = kept.get(self._name, (None, None))
        if before is None or not all(map(_same, before, now)):
            value = self._work(obj)
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
            kept[self._name] = now, value
        return value


def _same(one: Any, other: Any) -> bool:
    if one is other:
        return True
    return (
        type(one) is type(other)
        and isinstance(one, bool | int | float | str | tuple)
        and (
            all(map(_same, one, other)) and len(one) == len(other)
            if isinstance(one, tuple)
            else one == other
        )
    )


class Derived(param.Parameter):
    """A param that can be watched but not set: the owner's derived value `_derive_NAME`."""

    def __get__(self, obj: Any, objtype: type | None = None) -> Any:
        return self if obj is None else getattr(obj, f"_derive_{self.name}")

    def __set__(self, obj: Any, value: Any) -> None:
        if value is not self.__get__(obj, type(obj)):
            raise TypeError(f"{self.name} is read-only: it follows from the other params.")
        super().__set__(obj, value)


@cache
def params_of(owner: type, *names: str) -> tuple[str, ...]:
    """The params of a class that some of its values follow from, in the end.

    Parameters
    ----------
    owner : type
    *names : str
        Names of its params, and of what `derived` and `follows` declare.

    Returns
    -------
    tuple of str, each param once.

    Raises
    ------
    TypeError
        Where a name is neither.
    """
    found: dict[str, None] = {}
    for name in names:
        attribute = inspect.getattr_static(owner, name, None)
        if isinstance(attribute, property):
            attribute = attribute.fget
        inputs: tuple[str, ...] | None
        if isinstance(attribute, Derived):
            inputs = (f"_derive_{name}",)
        elif isinstance(attribute, param.Parameter):
            found[name] = None
            continue
        elif (inputs := getattr(attribute, "inputs", None)) is None:
            raise TypeError(f"{owner.__name__} does not say what {name} follows from.")
        found |= dict.fromkeys(params_of(owner, *inputs))
    return tuple(found)
