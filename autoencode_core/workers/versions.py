"""Versions of what a server and its workers must have alike. Nothing here imports what it names."""

import hashlib
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from autoencode_core import __version__

PACKAGES = ("dask", "distributed", "torch", "numpy")
"""Packages whose versions are compared, beside Python's (as far as its minor one) and the project's own."""
PROJECT, CODE = "autoencode", "autoencode code"
"""Names of the project's version, and of a hash of its modules, which tells states of one version apart."""

_ROOT = Path(__file__).parents[1]


@cache
def versions() -> dict[str, str]:
    """The versions in this process by name, "" for what is not installed."""
    python = ".".join(platform.python_version_tuple()[:2])
    found = {name: installed(name) for name in PACKAGES}
    return {PROJECT: __version__, "python": python, **found, CODE: _code()}


def installed(name: str) -> str:
    """The version of a package that is installed, "" for none."""
    try:
        return version(name).split("+")[0]  # torch has one build for each device
    except PackageNotFoundError:
        return ""


def _code() -> str:
    """A hash of the package's modules."""
    digest = hashlib.sha256()
    for file in sorted(_ROOT.rglob("*.py")):
        inside = file.relative_to(_ROOT)
        if inside.parts[0] != "_app":  # a wheel has the app here, a checkout beside it
            digest.update(inside.as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
