"""IDX files for tests: written by hand, good and hostile."""

import gzip
from pathlib import Path

import numpy as np

MNIST = Path(__file__).resolve().parents[1].parent / "shared" / "mnist"
"""Where the real MNIST may lie, beside the repository."""


def idx(array: np.ndarray, promised: tuple[int, ...] | None = None, kind: int = 8) -> bytes:
    """The bytes of an IDX file; `promised` lengths in the head in the place of the array's own."""
    shape = array.shape if promised is None else promised
    head = bytes((0, 0, kind, len(shape))) + b"".join(n.to_bytes(4, "big") for n in shape)
    return head + array.astype(np.uint8).tobytes()


def images(count: int = 12, rows: int = 4, columns: int = 3, seed: int = 0) -> np.ndarray:
    """Random images (count, rows, columns), uint8."""
    return np.random.default_rng(seed).integers(0, 256, (count, rows, columns), dtype=np.uint8)


def lay_out(folder: Path, part: str, pictures: np.ndarray, labels: np.ndarray, zipped: bool = True) -> None:
    """Write the two files of a part under their usual names."""
    folder.mkdir(parents=True, exist_ok=True)
    for what, array in (("images-idx3", pictures), ("labels-idx1", labels)):
        data = idx(array)
        name = f"{part}-{what}-ubyte"
        if zipped:
            (folder / f"{name}.gz").write_bytes(gzip.compress(data, 1))
        else:
            (folder / name).write_bytes(data)
