"""What the benchmarks share: one quiet core, the machine in words, tables, RESULTS.md."""

import argparse
import json
import os
import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "RESULTS.md"
PREFACE = "# Measured\n\nEach section is written by the benchmark that it names.\n"


def one_core() -> None:
    """Pins this process to one of its cores; call it before torch or JAX are imported."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", JAX_PLATFORMS="cpu")
    single = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {single}".strip()


def installed(package: str) -> str | None:
    """The version of a package, None where it is missing."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def machine() -> dict[str, str | int]:
    """What the figures depend on beside the code."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count() or 1,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "torch": installed("torch") or "not installed",
        "date": datetime.now(UTC).date().isoformat(),
    }


def _cpu() -> str:
    """The processor's name, with family, model and widest vectors, since virtual machines hide the name."""
    try:
        told = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()

    def entry(key: str) -> str:
        found = re.search(rf"^{key}\s*: (.*)$", told, re.M)
        return found[1].strip() if found else "?"

    flags = entry("flags").split()
    widest = next((name for name in ("amx_tile", "avx512f", "avx2") if name in flags), "no AVX2")
    return f"{entry('model name')} (family {entry('cpu family')}, model {entry('model')}, {widest})"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; every column but the first is flush right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def parser(about: str | None) -> argparse.ArgumentParser:
    """The flags that every benchmark has."""
    flags = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--json", action="store_true", help="one object on standard output, nothing written")
    flags.add_argument("--no-write", action="store_true", help="leave benchmarks/RESULTS.md as it is")
    return flags


def publish(name: str, figures: Mapping[str, Any], text: str, options: argparse.Namespace) -> None:
    """Prints the figures, as one JSON object or in words, and keeps the words in RESULTS.md.

    Args:
        name: of the benchmark's script, without the ending; its section carries it.
        figures: everything measured, as plain numbers and texts.
        text: the same as Markdown, without a headline.
        options: what `parser` parsed.
    """
    on = machine()
    if options.json:
        print(json.dumps({"benchmark": name, "machine": on, **figures}))
        return
    where = "{cpu}, {cores} cores, {system}, Python {python}, torch {torch}, {date}".format(**on)
    section = f"## {name}\n\nMeasured on {where}.\n\n{text.strip()}\n"
    print(section)
    if not options.no_write:
        write_section(name, section)


def write_section(name: str, section: str, path: Path = RESULTS) -> None:
    """Puts a benchmark's section between its markers, as a whole or not at all; the rest stays."""
    start, end = f"<!-- {name}: start -->", f"<!-- {name}: end -->"
    block = f"{start}\n{section.strip()}\n{end}"
    old = path.read_text(encoding="utf-8") if path.exists() else PREFACE
    own = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.S)
    new = own.sub(lambda _: block, old) if own.search(old) else f"{old.rstrip()}\n\n{block}\n"
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(new, encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
