"""Prints the test files of what changed since the last commit, or since a named one: for `make check`.

A changed module is tested by the file that mirrors it under tests/ and by those that import it, unless so
many do that only `make test` will do; where there is neither, by the folder that mirrors its own. A changed
helper of the tests brings the tests that import it, a changed conftest.py its folder. Browser tests are left
to `make test`.
"""

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MOST = 8
"""Test files that may import a module for all of them to run."""


def changed(since: str, root: Path = ROOT) -> list[str]:
    """Paths that differ from a commit in the working tree, new ones included, from the root."""

    def said(*words: str) -> list[str]:
        command = ["git", "-c", "core.quotepath=off", *words]
        done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
        return done.stdout.splitlines()

    return sorted({*said("diff", "--name-only", since), *said("ls-files", "--others", "--exclude-standard")})


def files_for(paths: Iterable[str], root: Path = ROOT) -> tuple[list[str], list[str]]:
    """The test files of changed paths, and the modules of which these do not tell all.

    Args:
        paths: of files, from the root, "/" between folders; they may be gone.
        root: of the repository.
    """
    files = {
        path.relative_to(root).as_posix(): set(_imported(path))
        for path in sorted((root / "tests").rglob("test_*.py"))
        if "browser" not in path.parts
    }
    found, wide = set[str](), list[str]()
    for path in map(Path, paths):
        if path.as_posix() in files:
            found.add(path.as_posix())
        elif path.name == "conftest.py" and path.parts[0] == "tests":
            found |= {name for name in files if path.parent in Path(name).parents}
        elif path.suffix == ".py":
            importing = {name for name, modules in files.items() if modules & _names(path)}
            few = _mirrored(path, files) | (importing if len(importing) <= MOST else set())
            few = few or {name for name in files if Path(name).parent == _mirror(path).parent}
            if len(importing) > MOST or (not few and (root / path).exists()):
                wide.append(path.as_posix())
            found |= few
        elif path.parts[0] == "assets":
            found |= {name for name in files if name.startswith("tests/assets/")}
    return sorted(found), wide


def _mirror(path: Path) -> Path:
    """Of autoencode_core/a/b.py and pages/b.py: tests/a/test_b.py and tests/pages/test_b.py."""
    inside = path.parts[1:] if path.parts[0] == "autoencode_core" else path.parts
    return Path("tests", *inside[:-1], f"test_{path.name}")


def _mirrored(path: Path, files: Iterable[str]) -> set[str]:
    """The test files that are named after a module, alone or with more behind its name."""
    stem = _mirror(path).with_suffix("").as_posix()
    return {name for name in files if name.startswith((f"{stem}.", f"{stem}_"))}


def _names(path: Path) -> set[str]:
    """What a module is imported as; of the tests' helpers its bare name."""
    parts = path.with_suffix("").parts
    parts = parts[:-1] if parts[-1] == "__init__" else parts
    return {parts[-1] if parts[0] == "tests" else ".".join(parts)}


def _imported(path: Path) -> Iterator[str]:
    """Modules that a file imports, wherever it does."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


if __name__ == "__main__":
    chosen, everywhere = files_for(changed(*sys.argv[1:2] or ["HEAD"]))
    if everywhere:
        print(f"Of these make test tells more: {', '.join(everywhere)}.", file=sys.stderr)
    print(*chosen, sep="\n", end="\n" if chosen else "")
