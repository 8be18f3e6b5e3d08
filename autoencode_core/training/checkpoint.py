"""Checkpoints: what a training holds, as bytes from which it goes on in another process.

Arrays in the safetensors format, with plain values as JSON in its metadata. Whatever is read is taken for
hostile: nothing is unpickled or evaluated, and no size is trusted.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

import safetensors
import safetensors.numpy
import torch
from pydantic import BaseModel, ConfigDict, ValidationError
from torch import Tensor

from autoencode_core.errors import InputError
from autoencode_core.store.strict_json import dump, head_in, parse
from autoencode_core.training.run import Array
from autoencode_core.words import megabytes

VERSION = 1
"""Version of the format, counted up when what a training holds changes."""
MOST_BYTES = 2**27
"""Largest checkpoint; a training that holds more has none."""
ROOM = 2**26
"""Bytes that what methods have learnt of J beside their control and gradient may take there."""

_HEADER_BYTES = 4_000_000
_HEAD = "autoencode"
_WANTED = "a checkpoint as this program makes it"
_SOURCE = "checkpoint"

Shape = tuple[int | None, ...]
"""Lengths of axes, None for any."""


class CheckpointRefused(InputError):
    """A checkpoint that cannot be used here: whoever wanted to go on from it begins anew."""


class Values(BaseModel):
    """Plain values of a checkpoint, checked as they are read."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


V = TypeVar("V", bound=Values)


class Tensors:
    """Tensors by name, each to be asked for with what it must be.

    Args:
        found: by name.
        prefix: of all names that are asked for.
    """

    def __init__(self, found: Mapping[str, Tensor], prefix: str = "") -> None:
        self.found, self.prefix = found, prefix

    def part(self, prefix: str) -> "Tensors":
        """Those whose names begin so."""
        return Tensors(self.found, self.prefix + prefix)

    def names(self) -> list[str]:
        """The names in this part."""
        own = [name for name in self.found if name.startswith(self.prefix)]
        return [name.removeprefix(self.prefix) for name in own]

    def __contains__(self, name: str) -> bool:
        return self.prefix + name in self.found

    def take(self, name: str, dtype: torch.dtype, shape: Shape) -> Tensor:
        """A tensor.

        Raises:
            CheckpointRefused: it is missing, or has another type or shape.
        """
        tensor = self.found.get(self.prefix + name)
        if tensor is None or tensor.dtype != dtype:
            raise self.refused(name, getattr(tensor, "dtype", None), str(dtype))
        fits = tensor.ndim == len(shape) and all(
            b in (None, a) for a, b in zip(tensor.shape, shape, strict=True)
        )
        if not fits:
            raise self.refused(name, f"shape {tuple(tensor.shape)}", f"shape {shape}")
        return tensor

    def whole(self, name: str, shape: Shape, least: int, most: int) -> Tensor:
        """Whole numbers within bounds; raises as `take`."""
        numbers = self.take(name, torch.int64, shape)
        if numbers.numel() and not (least <= int(numbers.min()) and int(numbers.max()) <= most):
            raise self.refused(name, numbers.tolist(), f"whole numbers from {least} to {most}")
        return numbers

    def like(self, name: str, wanted: Tensor) -> Tensor:
        """A tensor of the type, the shape and on the device of another one; raises as `take`."""
        return self.take(name, wanted.dtype, tuple(wanted.shape)).to(wanted.device)

    def refused(self, name: str, value: object, allowed: str) -> CheckpointRefused:
        """What is to be raised where a tensor cannot be used."""
        return CheckpointRefused(f"{_SOURCE}, {self.prefix}{name}", value, allowed)


def prefixed(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Tensors with a prefix before their names."""
    return {prefix + name: tensor for name, tensor in tensors.items()}


def of_bytes(data: bytes) -> Tensor:
    """Bytes as a tensor."""
    return torch.frombuffer(bytearray(data), dtype=torch.uint8) if data else torch.zeros(0, dtype=torch.uint8)


def fingerprint(parts: Iterable[str | bytes | Array]) -> str:
    """What tells trainings apart: that of a checkpoint must be that of the training which goes on from it."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        data = (
            data if isinstance(data, bytes) else repr((data.dtype.str, data.shape)).encode() + data.tobytes()
        )
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()


def packed(kind: str, of: str, values: Values, tensors: Mapping[str, Tensor]) -> bytes:
    """A checkpoint.

    Args:
        kind: what it is of.
        of: fingerprint of what is trained.
        values: plain values.
        tensors: by name.

    Returns:
        Its bytes, b"" where there would be too many.
    """
    if sum(tensor.nbytes for tensor in tensors.values()) > MOST_BYTES - _HEADER_BYTES:
        return b""
    head = {"format": kind, "version": VERSION, "of": of, "values": values.model_dump(mode="json")}
    arrays = {name: tensor.contiguous().numpy(force=True) for name, tensor in tensors.items()}
    data: bytes = safetensors.numpy.save(arrays, {_HEAD: dump(head).decode()})
    return data


def unpacked(data: bytes, kind: str, of: str, values: type[V]) -> tuple[V, Tensors]:
    """What `packed` was given.

    Args:
        data: from anywhere.
        kind: what it must be of.
        of: fingerprint of what is trained.
        values: what the plain values must be.

    Raises:
        CheckpointRefused: it is damaged, of another version, or of something else.
    """
    with refusing():
        if len(data) > MOST_BYTES:
            raise InputError(_SOURCE, megabytes(len(data)), f"at most {megabytes(MOST_BYTES)}")
        header = int.from_bytes(data[:8], "little")
        if header > _HEADER_BYTES:
            raise InputError(_SOURCE, f"a header of {header} bytes", f"at most {_HEADER_BYTES} bytes")
        told = parse(data[8 : 8 + header], _SOURCE, _WANTED).get("__metadata__")
        text = told.get(_HEAD) if isinstance(told, dict) else None
        head = parse(text.encode() if isinstance(text, str) else b"", _SOURCE, _WANTED)
        head_in(head, _SOURCE, kind, VERSION, _WANTED)
        if head["version"] != VERSION:
            raise InputError(f"{_SOURCE}, version", head["version"], str(VERSION))
        if head.get("of") != of:
            raise InputError(_SOURCE, "of another training", "one of the same training")
        # Copied: tensors of the library's own lie where sums over them round alike.
        tensors = {name: torch.tensor(array) for name, array in safetensors.numpy.load(data).items()}
        return values.model_validate(head.get("values")), Tensors(tensors)


@contextmanager
def refusing() -> Iterator[None]:
    """Whatever is wrong with what is read here is wrong with the checkpoint."""
    try:
        yield
    except CheckpointRefused:
        raise
    except (
        InputError,
        ValidationError,
        safetensors.SafetensorError,
        KeyError,
        ValueError,
        TypeError,
    ) as error:
        raise CheckpointRefused(_SOURCE, f"unusable ({error})", _WANTED) from None
