"""What a member of arrays says it holds (safetensors), read and checked before the arrays themselves."""

from collections.abc import Mapping
from math import prod
from typing import Any, NamedTuple

import numpy as np

from autoencode_core.errors import InputError
from autoencode_core.store.run_members import Members
from autoencode_core.store.strict_json import parse

_FORMAT = "arrays in the safetensors format"
_MOST_BYTES = 65_536
_TYPES: Mapping[str, np.dtype[Any]] = {
    "BOOL": np.dtype(np.bool_),
    **{f"{kind}{8 * size}": np.dtype(f"{kind.lower()}{size}") for kind in "IU" for size in (1, 2, 4, 8)},
    **{f"F{8 * size}": np.dtype(f"f{size}") for size in (2, 4, 8)},
}


class Head(NamedTuple):
    """Type and shape of an array."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]


def heads(members: Members, name: str) -> dict[str, Head]:
    """The arrays of a member by name, which fill it exactly.

    Args:
        members: those of a run.
        name: the member.

    Raises:
        InputError: it is too large, damaged or foreign.
    """
    source, size = f"{members.source}, {name}", members.size(name)
    length = int.from_bytes(members.read(name, 8), "little")
    if length > _MOST_BYTES:
        raise InputError(source, f"a header of {length} bytes", f"at most {_MOST_BYTES} bytes: {_FORMAT}")
    if size < 8 + length:
        raise InputError(source, "cut short", _FORMAT)
    told = parse(members.read(name, 8 + length)[8:], source, _FORMAT)
    found = {key: _head(value, f"{source}, {key}") for key, value in told.items()}
    whole = sum(head.dtype.itemsize * prod(head.shape) for head in found.values())
    if 8 + length + whole != size:
        raise InputError(source, f"{size} bytes", f"the {8 + length + whole} bytes that its header tells")
    return found


def _head(value: Any, source: str) -> Head:
    told = value if isinstance(value, dict) else {}
    kind, shape = told.get("dtype"), told.get("shape")
    if not isinstance(kind, str) or kind not in _TYPES:
        raise InputError(source, kind, f"an array of one of {', '.join(_TYPES)}")
    if not isinstance(shape, list) or not all(type(n) is int and 0 <= n < 2**40 for n in shape):
        raise InputError(source, shape, "the lengths of its axes")
    return Head(_TYPES[kind], tuple(shape))
