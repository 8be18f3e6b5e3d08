"""Run and study files changed at random, by structure: JSON values, heads of arrays, numbers, the zip itself.

The same seed gives the same changes. benchmarks/faults.py takes them too.
"""

import io
import json
import random
import struct
import warnings
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np

VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 1, 2**31, 10**18, -(10**30), 10**12, 0.5, -0.0, 1e308, -1e308, 1e-320, "nan",
    "inf", "-inf", "", " ", "x" * 9999, "x" * 20_000,
    "\ud800", "\x00", "\x1b[31m", "../../etc/passwd", "/etc/passwd",
    "a.csv", "=1+1", "<img src=x onerror=alert(1)>", "![x](http://127.0.0.1:1/a.png)", [], [[]], [[], []],
    [None], ["nan"], {}, {"a": {}}, [0] * 2000, [""] * 2000, "9999-12-31T23:59:59", "0001-01-01",
)  # fmt: skip
"""What a value of a JSON member may become."""
KINDS = ("BOOL", "F16", "F32", "F64", "I8", "I64", "U8", "U64", "BF16", "C64", "", 7, None)
"""What the type of an array may become in its head."""
LENGTHS = (-1, 0, 1, 2, 3, 7, 1000, 2**31, 2**40, 2**63, 10**30, 1.5, "3", None)
"""What the length of an axis may become there."""
NUMBERS = (np.nan, np.inf, -np.inf, 0.0, -1.0, 1e38, -1e38, 1e-40, 10**12, 2**40)
"""What numbers of an array may become."""

Members = dict[str, bytes]


def mutated(data: bytes, rng: random.Random) -> bytes:
    """A run or study file with one to three changes.

    Args:
        data: a sound file.
        rng: decides.
    """
    for _ in range(rng.choice((1, 1, 2, 3))):
        try:
            data = rng.choice(_CHANGES)(data, rng)
        except Exception:  # zipfile and others raise whatever their parts raise
            break  # what an earlier change left is no file any more
    return data


def members_of(data: bytes) -> Members:
    """The members of a zip file by name."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def zipped(members: Members, packed: bool = True) -> bytes:
    """A zip file of members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def _inside(data: bytes, rng: random.Random, change: Callable[[Members, random.Random], None]) -> bytes:
    """A file whose members were changed; of a study those of one of its runs, or its head."""
    members = members_of(data)
    study = "study.json" in members
    if study and rng.random() < 0.7:
        name = rng.choice([name for name in members if name != "study.json"])
        members[name] = _inside(members[name], rng, change)
    else:
        change(members, rng)
    return zipped(members, packed=not study)


def _values(members: Members, rng: random.Random) -> None:
    """Some value of a JSON member becomes another one, goes, or is there many times."""
    name = rng.choice([name for name in members if name.endswith(".json")])
    told = json.loads(members[name])
    place, key = _somewhere(told, rng)
    action = rng.random()
    if action < 0.7:
        place[key] = rng.choice(VALUES)
    elif action < 0.8:
        del place[key]
    elif action < 0.9:
        place[key] = [place[key]] * rng.choice((2, 50))
    elif isinstance(place, dict):
        place[rng.choice(("", "x", "__class__", "\ud800", key + " "))] = place[key]
    members[name] = json.dumps(told).encode()


def _somewhere(told: Any, rng: random.Random) -> tuple[Any, Any]:
    """A list or an object somewhere in a value, and a place there."""
    while True:
        keys = list(told) if isinstance(told, dict) else range(len(told))
        key = rng.choice(keys)
        below = told[key]
        if not isinstance(below, dict | list) or not below or rng.random() < 0.3:
            return told, key
        told = below


def _text(members: Members, rng: random.Random) -> None:
    """A JSON member is nested, cut, doubled, or in another encoding."""
    name = rng.choice([name for name in members if name.endswith(".json")])
    data = members[name]
    members[name] = rng.choice(
        (
            b"[" * 5000 + b"]" * 5000,
            b'{"a":' * 2000 + b"1" + b"}" * 2000,
            data[: rng.randrange(len(data))],
            data + data,
            data.decode().encode("utf-16"),
            b"\xef\xbb\xbf" + data,
            data.replace(b'"', b"\xed\xa0\x80", 1),
            data.replace(b"1", b"1e999", 1),
            data.replace(b":", b":-", 1),
            data.replace(b"{", b'{"spec":1,"spec":2,', 1),
            b"9" * 5000,
            b" " * 500_000 + data,
            b"",
        )
    )


def _head(members: Members, rng: random.Random) -> None:
    """What a member says of its arrays changes, or how long it says that is."""
    name = rng.choice([name for name in members if name.endswith(".safetensors")])
    data = members[name]
    length = int.from_bytes(data[:8], "little")
    told = json.loads(data[8 : 8 + length])
    key = rng.choice(list(told))
    action = rng.randrange(7)
    if action == 0:
        told[key]["dtype"] = rng.choice(KINDS)
    elif action == 1:
        told[key]["shape"] = [rng.choice(LENGTHS) for _ in told[key]["shape"]]
    elif action == 2:
        told[key]["shape"] = list(reversed(told[key]["shape"])) + rng.choice(([], [1], [0]))
    elif action == 3:
        told[key]["data_offsets"] = [rng.choice(LENGTHS), rng.choice(LENGTHS)]
    elif action == 4:
        told[rng.choice(("../x", "", "__metadata__", "x" * 5000))] = told.pop(key)
    elif action == 5:
        told[key] = rng.choice(VALUES)
    head = json.dumps(told).encode()
    size = rng.choice((0, 1, 2**31, 2**63, len(data))) if action == 6 else len(head)
    members[name] = struct.pack("<Q", size) + head + data[8 + length :]


def _numbers(members: Members, rng: random.Random) -> None:
    """Numbers of an array become others, or it is longer or shorter than it was."""
    import safetensors.numpy

    name = rng.choice([name for name in members if name.endswith(".safetensors")])
    arrays = safetensors.numpy.load(members[name])
    key = rng.choice(list(arrays))
    array = arrays[key].copy()
    action = rng.randrange(5)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        if action == 0 and array.size:
            array.reshape(-1)[rng.randrange(array.size)] = np.asarray(rng.choice(NUMBERS)).astype(array.dtype)
        elif action == 1:
            array[...] = np.asarray(rng.choice(NUMBERS)).astype(array.dtype)
        elif action == 2 and array.ndim:
            array = np.repeat(array, rng.choice((0, 2, 30)), axis=rng.randrange(array.ndim))
        elif action == 3:
            array = array.astype(rng.choice((np.float16, np.float32, np.float64, np.int64, np.bool_)))
        else:
            array = array[::-1].copy()
    members[name] = safetensors.numpy.save({**arrays, key: np.ascontiguousarray(array)})


def _names(members: Members, rng: random.Random) -> None:
    """A member goes, comes, or has another name or the content of another one."""
    name, other = rng.choice(list(members)), rng.choice(list(members))
    action = rng.randrange(5)
    if action == 0:
        del members[name]
    elif action == 1:
        members[rng.choice(("../evil", "/etc/passwd", "C:\\x", "x" * 3000, "a/b", name.upper()))] = b"x"
    elif action == 2:
        members["../" + name] = members.pop(name)
    elif action == 3:
        members[name] = members[other]
    else:
        members[name] = bytes(rng.choice((0, 1, 3_000_000)))


def _raw(data: bytes, rng: random.Random) -> bytes:
    """Bytes of the file itself change, go or come."""
    action = rng.randrange(5)
    if action == 0:
        return data[: rng.randrange(len(data))]
    if action == 1:
        return data + rng.randbytes(rng.choice((1, 22, 5000)))
    if action == 2:
        return rng.randbytes(10) + data
    changed = bytearray(data)
    for _ in range(rng.choice((1, 3, 30))):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def _table(data: bytes, rng: random.Random) -> bytes:
    """Numbers of the zip's own heads and table change: sizes, ways of packing, places."""
    sign = rng.choice((b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06"))
    places = [at for at in range(len(data)) if data.startswith(sign, at)]
    at = rng.choice(places) + rng.randrange(4, 42)
    field = struct.pack("<I", rng.choice((0, 1, 8, 99, 0xFFFF, 2**31, 2**32 - 1)))[: rng.choice((1, 2, 4))]
    return data[:at] + field + data[at + len(field) :]


def _inner(change: Callable[[Members, random.Random], None]) -> Callable[[bytes, random.Random], bytes]:
    return lambda data, rng: _inside(data, rng, change)


_CHANGES = (
    *[_inner(_values)] * 8, *[_inner(_head)] * 3, *[_inner(_numbers)] * 4, _inner(_text), _inner(_names),
    _raw, _table, _table,
)  # fmt: skip
