"""What differs between specs, and what that allows to conclude."""

from collections.abc import Sequence
from math import isfinite
from typing import NamedTuple

from autoencode_core.knobs import in_words
from autoencode_core.spec import RunSpec
from autoencode_core.store.record import RunRecord
from autoencode_core.units import length_unit
from autoencode_core.words import join

_DATA = ("dataset", "reading", "particles", "noise")
"""Knobs that choose the particles, beside the seed of the data."""
_FLOW = ("coordinates", "bottleneck", "depth", "horizon", "profile", "order", "field", "activation")
_SCHEME = ("scheme", "substeps")
_LANDSCAPE = (*_DATA, "task", *_FLOW, *_SCHEME)
"""Knobs that make the data term the function of the control that it is."""
_WITHOUT_EFFECT = ("device",)
"""Knobs that change where a run is computed, not what."""


class Knob(NamedTuple):
    """One knob of several specs.

    Attributes:
        name: its name in RunSpec.
        title: its title.
        symbol: its symbol, "" when it has none.
        values: its value in each spec, in words.
        differs: whether they are not all the same.
    """

    name: str
    title: str
    symbol: str
    values: tuple[str, ...]
    differs: bool


def differences(specs: Sequence[RunSpec]) -> list[Knob]:
    """Every knob with its value in each spec, in the order of RunSpec.

    Args:
        specs: the specs to compare.
    """
    return [
        Knob(
            name,
            str(info.title),
            str(info.json_schema_extra["symbol"]) if isinstance(info.json_schema_extra, dict) else "",
            tuple(in_words(name, getattr(spec, name)) for spec in specs),
            len({getattr(spec, name) for spec in specs}) > 1,
        )
        for name, info in RunSpec.model_fields.items()
    ]


def warnings(specs: Sequence[RunSpec], warm: Sequence[float | None] = ()) -> list[str]:
    """What forbids to say that one knob made the difference, in sentences; none for a controlled comparison.

    Args:
        specs: the specs to compare.
        warm: for each run λ of the run whose control it started from, None where its seed was the start.
    """
    if len(specs) < 2:
        return []
    apart = {knob.name: knob for knob in differences(specs) if knob.differs}
    chosen = {
        name: knob for name, knob in apart.items() if name not in ("seed", "data_seed", *_WITHOUT_EFFECT)
    }
    said = []
    if any(weight is not None for weight in warm):
        said.append(
            "A run of a continuation started from the control of another run: where it came from differs."
        )
    elif not apart:
        said.append("These runs have the same knobs, seed included: they show the same thing.")
    if any(spec.changes for spec in specs):
        said.append(
            "A run was changed by hand while it trained: what it shows comes of all that it went through, "
            "and its J has the λ of its end."
        )
    if len({length_unit(spec) for spec in specs}) > 1:
        said.append(
            "Some runs measure errors in data units, others in standard deviations: neither errors nor J "
            "compare, and unexplained shares weigh the columns differently."
        )
    if len(chosen) > 1:
        names = [_named(knob) for knob in chosen.values()]
        said.append(f"More than one knob differs: what you see may be due to any of {join(names)}.")
    said += [sentence for sentence in (_data(specs, chosen), _seed(specs, bool(chosen))) if sentence]
    return said


def conclusion(specs: Sequence[RunSpec], warm: Sequence[float | None] = ()) -> str:
    """What a controlled comparison allows to conclude, in sentences; "" where it is none.

    Args:
        specs: the specs to compare.
        warm: as of `warnings`.
    """
    chosen = [
        knob
        for knob in differences(specs)
        if knob.differs and knob.name not in ("data_seed", *_WITHOUT_EFFECT)
    ]
    if len(chosen) != 1 or warnings(specs, warm):
        return ""
    knob, seed = chosen[0], specs[0].seed
    said = (
        f"Only one knob differs, {_named(knob)}: {join(knob.values)}. What differs below comes from it, as "
        f"far as one start (seed {seed}) can tell: another seed may find another minimiser."
    )
    return said + (" J contains λ: compare data term and ‖θ‖², not J." if knob.name == "tikhonov" else "")


def unfinished(records: Sequence[RunRecord], names: Sequence[str]) -> list[str]:
    """Which runs had not converged when they ended, a sentence each.

    Args:
        records: the runs.
        names: what they are called.
    """
    return [
        f"{name} {_ENDS[record.status].format(_last(record))}"
        for name, record in zip(names, records, strict=True)
        if record.status in _ENDS
    ]


def seeds_words(specs: Sequence[RunSpec]) -> str:
    """How many random starts stand behind the comparison."""
    seeds = sorted({spec.seed for spec in specs})
    listed = join([str(seed) for seed in seeds])
    return f"one seed, {listed}" if len(seeds) == 1 else f"{len(seeds)} seeds, {listed}"


def ending(record: RunRecord) -> str:
    """How a training ended and after how many iterations, in a few words."""
    word = {"converged": "converged", "finished": "hit its limit"}.get(record.status, record.status)
    return f"{word}, {_last(record)} iterations"


def last_row(record: RunRecord) -> dict[str, float | None]:
    """The end of a run's history: iteration, cost, data_term, penalty, and the square ‖θ‖².

    None where it is not known; ‖θ‖² is not where it had no price.
    """
    found: dict[str, float | None] = {}
    for name in ("iteration", "cost", "data_term", "penalty"):
        column = record.history.get(name)
        found[name] = column[-1] if column else None
    penalty, weight = found["penalty"], record.spec.weight
    known = penalty is not None and weight > 0 and isfinite(penalty)
    return found | {"square": max(0.0, penalty) / weight if known and penalty is not None else None}


def _last(record: RunRecord) -> str:
    return f"{int(last_row(record)['iteration'] or 0):,}"


_ENDS = {
    "finished": "hit its limit of {} iterations before it converged: trained on, its J would still fall.",
    "stopped": "was stopped after {} iterations, before it converged.",
    "diverged": "diverged at iteration {}: its numbers say nothing.",
}
"""Of how a run ended that did not converge."""


def one_landscape(one: RunSpec, other: RunSpec) -> bool:
    """Whether the data term of both is the same function of the control.

    Args:
        one: a spec.
        other: another one; its λ, seed of the start, and method may differ.
    """
    units = [(spec.expansion, spec.hidden) for spec in (one, other)]
    if one.sample != other.sample or (one.field == "two_layer" and units[0] != units[1]):
        return False
    return all(getattr(one, name) == getattr(other, name) for name in _LANDSCAPE)


def substeps_words(own: int, others: Sequence[int]) -> str:
    """What a picture between runs does not show where they ended with different sub-steps; "" if alike.

    Args:
        own: sub-steps of the run whose data term is drawn.
        others: those of the other runs in it.
    """
    if all(each == own for each in others):
        return ""
    each = join([str(number) for number in sorted(set(others) - {own})], "or")
    return (
        f"All of it is drawn with the sub-steps of the run at θ*, {own} a layer; a run with {each} "
        "reached another J than stands here at its control, by as much as the sub-steps change the network."
    )


def _data(specs: Sequence[RunSpec], chosen: dict[str, Knob]) -> str:
    causes = [_named(chosen[name]) for name in _DATA if name in chosen]
    if len({spec.sample for spec in specs}) > 1:
        causes.append("the seed that draws them")
    if not causes:
        return ""
    return (
        f"The runs have not seen the same particles, because of {join(causes)}: errors and J compare in part."
    )


def _seed(specs: Sequence[RunSpec], more: bool) -> str:
    if len({spec.seed for spec in specs}) == 1:
        return ""
    start = "The seed differs, so the runs began at different controls"
    return start + (": part of the difference may be chance. Compare several seeds." if more else ".")


def _named(knob: Knob) -> str:
    return f"{knob.title} {knob.symbol}".strip()
