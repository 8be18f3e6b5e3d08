"""ECMAScript modules as one script, for a file that has no server: browsers load no module from a file."""

import re
from pathlib import Path

_IMPORT = re.compile(r'^import (?:\* as (\w+)|\{ ([^}]*) \}) from "([^"]+)";$', re.M)
_EXPORT = re.compile(r"^export (function|class|const) (\w+)", re.M)
_DEFAULT = re.compile(r"^export default function ", re.M)
_LEFT = re.compile(r"^(?:import|export)\b.*", re.M)


def bundle(root: Path, *entries: str) -> str:
    """Some modules, and those that they import, as a script that fills the object `modules` by path.

    Each module becomes a function of its own, after those that it imports; in a module `export default` is
    a function.

    Args:
        root: folder of all of them.
        entries: paths below it.

    Raises:
        ValueError: modules import each other, or one imports or exports in a way that is not known here.
    """
    done: dict[str, str] = {}
    for entry in entries:
        _add(root, entry, done, ())
    script = '"use strict";\nconst modules = {};\n' + "\n".join(done.values())
    return script.replace("</script", "<\\/script")  # in a string or a comment; it would end the element


def _add(root: Path, name: str, done: dict[str, str], above: tuple[str, ...]) -> None:
    """Adds a module after what it imports."""
    if name in above:
        raise ValueError(f"modules import each other: {' -> '.join((*above, name))}")
    if name in done:
        return
    text = (root / name).read_text(encoding="utf-8")
    for found in _IMPORT.finditer(text):
        _add(root, _target(root, name, found[3]), done, (*above, name))
    done[name] = _wrapped(root, name, text)


def _target(root: Path, name: str, wanted: str) -> str:
    """The path below root of what a module imports."""
    return (root / name).parent.joinpath(wanted).resolve().relative_to(root.resolve()).as_posix()


def _wrapped(root: Path, name: str, text: str) -> str:
    """A module as a function that is called at once and gives back what the module exports."""

    def imported(found: re.Match[str]) -> str:
        names = found[1] or f"{{ {found[2].replace(' as ', ': ')} }}"
        return f'const {names} = modules["{_target(root, name, found[3])}"];'

    exports = [found[2] for found in _EXPORT.finditer(text)]
    if _DEFAULT.search(text):
        exports.append("default: main")
    body = _DEFAULT.sub("function main", _EXPORT.sub(r"\1 \2", _IMPORT.sub(imported, text)))
    if left := _LEFT.search(body):
        raise ValueError(f"{name}: {left[0]}")
    return f'modules["{name}"] = (() => {{\n{body}return {{ {", ".join(exports)} }};\n}})();'
