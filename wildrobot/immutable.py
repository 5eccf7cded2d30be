"""Objects that are never changed after they were made, and hold what Python cannot copy: threads, locks, programs."""

from __future__ import annotations

import functools
from typing import Any


class Immutable:
    """A copy, deep or not, is the same object; unpickling builds it again from its arguments."""

    _made_of: tuple[tuple[Any, ...], dict[str, Any]]

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        made = super().__new__(cls)
        made._made_of = args, kwargs
        return made

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        args, kwargs = self._made_of
        return functools.partial(type(self), **kwargs), args
