"""Study: several runs of one spec side by side, over Tikhonov weights and seeds; plain numbers, no torch."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from itertools import product
from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from autoencode_core.errors import InputError
from autoencode_core.knobs import bounds, in_words
from autoencode_core.ode import Verdict, verdict
from autoencode_core.spec import RunSpec
from autoencode_core.store.history import Status
from autoencode_core.words import as_set

Kind = Literal["strip", "continuation"]
Branch = Literal["", "down", "up"]

STUDY_SPEC = RunSpec(
    dataset="s_curve",
    field="single_layer",
    depth=20,
    horizon=5.0,
    particles=500,
    method="lbfgs",
    iterations=300,
    data_seed=0,
)
"""The spec that shows most of λ in the shortest time: one minimiser above λ = 0.03, several below 0.01."""

FURTHER = 9
"""How many times as many iterations a run of a study may take on top, where it has not converged."""
MOST_RUNS = 256
"""Most runs of a study."""
MOST_SHOWN = 8
"""Most regimes whose particles are shown side by side."""


class Plan(BaseModel):
    """What a study trains.

    Attributes:
        kind: "strip": every λ with every seed, from scratch; "continuation": one run after another, each
            warm-started from the one before, λ downwards and then upwards.
        spec: all other knobs.
        further: a run that has not converged after the spec's iterations is trained on, for up to so many
            times as many (not with adam, whose schedule ends).
        tikhonov: values of λ, each once, ascending.
        name: what the study will be called, "" when a person gave none.
        seeds: starts of a strip; for a continuation those of which the best begins the upward branch.

    Raises:
        pydantic.ValidationError: a value is out of bounds, or there are too many runs.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    kind: Kind
    spec: RunSpec
    further: Annotated[int, Field(ge=0, le=99)] = FURTHER
    name: Annotated[str, Field(max_length=80)] = ""
    tikhonov: Annotated[tuple[Annotated[float, Field(ge=0, le=1e3)], ...], Field(min_length=1, max_length=64)]
    seeds: Annotated[
        tuple[Annotated[int, Field(ge=0, le=2**31 - 1)], ...], Field(min_length=1, max_length=64)
    ]

    @field_validator("tikhonov", "seeds")
    @classmethod
    def _each_once(cls, values: tuple[float, ...]) -> tuple[float, ...]:
        if len(set(values)) < len(values):
            raise PydanticCustomError("not_allowed", "allowed is {allowed}", {"allowed": "each value once"})
        return tuple(sorted(values))

    @field_validator("name")
    @classmethod
    def _printable(cls, value: str) -> str:
        if not value.strip().isprintable():
            allowed = "at most 80 printable characters"
            raise PydanticCustomError("not_allowed", "allowed is {allowed}", {"allowed": allowed})
        return value.strip()

    @model_validator(mode="after")
    def _not_too_many(self) -> "Plan":
        if self.spec.changes:
            allowed = "a spec without changes by hand"
            raise PydanticCustomError("not_allowed", "allowed is {allowed}", {"allowed": allowed})
        if self.kind == "continuation" and len(self.tikhonov) < 2:
            allowed = "at least two values of λ for a continuation"
            raise PydanticCustomError("not_allowed", "allowed is {allowed}", {"allowed": allowed})
        runs = len(self.settings())
        if runs > MOST_RUNS:
            raise PydanticCustomError(
                "not_allowed", "allowed is {allowed}", {"allowed": f"at most {MOST_RUNS} runs, not {runs}"}
            )
        return self

    def trained(self) -> RunSpec:
        """The spec with as many iterations as a run may take in all, until it has converged."""
        if self.spec.method == "adam":
            return self.spec
        most = int(bounds("iterations")[1] or 1)
        return self.spec.but(iterations=min(most, self.spec.iterations * (1 + self.further)))

    def settings(self) -> list["Setting"]:
        """Every run of the study in the order in which it is kept: λ by λ, within a λ seed by seed."""
        if self.kind == "strip":
            return [Setting(weight, seed) for weight, seed in product(self.tikhonov, self.seeds)]
        first = self.spec.seed
        down = [Setting(weight, first, "down") for weight in reversed(self.tikhonov)]
        return down + [Setting(weight, first, "up") for weight in self.tikhonov]

    def shown(self) -> list[int]:
        """Places whose particles are shown while it trains: the first seed at up to eight of the weights."""
        each = len(self.seeds) if self.kind == "strip" else 1
        first = range(0, len(self.settings()), each)
        count = len(first)
        if count <= MOST_SHOWN:
            return list(first)
        return [first[round(i * (count - 1) / (MOST_SHOWN - 1))] for i in range(MOST_SHOWN)]


def spread(first: float, last: float, count: int) -> list[float]:
    """Values of λ spread evenly on a logarithmic scale, rounded to as few digits as keep them apart.

    Args:
        first: the lowest, above 0.
        last: the highest, above the lowest.
        count: how many, at least 2.

    Raises:
        InputError: the ends or the count are not so.
    """
    if not 0 < first < last:
        raise InputError(
            "tikhonov", f"{first:g} to {last:g}", "a span from a lowest value above 0 to a higher one"
        )
    if count < 2:
        raise InputError("tikhonov", f"{count} values", "a span of at least 2 values")
    values = [first * (last / first) ** (i / (count - 1)) for i in range(count)]
    for digits in (2, 3, 5, 17):
        rounded = [float(f"{value:.{digits}g}") for value in values]
        if len(set(rounded)) == count:
            break
    return rounded


@dataclass(frozen=True)
class Setting:
    """Where a run stands in a study: its λ, its seed and, in a continuation, its branch."""

    tikhonov: float
    seed: int
    branch: Branch = ""


@dataclass(frozen=True)
class Outcome:
    """What became of one run of a study.

    Attributes:
        tikhonov, seed, branch: its place.
        status: that of the run.
        iterations: how many it took.
        cost, data_term: J and its first part at the end, in flow coordinates.
        test_term: the data term on the test particles.
        square: ‖θ‖² in L²(0,T).
        train_error, test_error: mean squared distance in flow coordinates.
        gradient_norm: ‖∇J‖ in L²(0,T).
        minimiser: which minimiser of its λ it found, numbered from the lowest J; runs with the same number
            reconstruct alike. None for a run that did not converge; its status says why.
        moved: mean squared distance between its reconstructions and those of the run before it on its
            branch, as a share of the data's variance; None where there is none before it.
        jump: whether its branch jumped to another minimiser here, from one that had converged to one that
            has.
        curvature: ν, smallest eigenvalue of the data term's Hessian, None while it is not computed.
        bound: how far ν may be from an eigenvalue.
        floor: all but certainly no eigenvalue is lower (analysis.curvature).
        unexplained: test error as a share of the variance of the test particles, None where that is 0 or, in
            studies of old, not known.
        ode_difference, ode_test_error: those of the run's summary, infinite where they are no finite numbers;
            None where they are not known, of runs that diverged and in studies of old.
        substeps: sub-steps of a layer that it ended with, None in studies of old.
    """

    tikhonov: float
    seed: int
    branch: Branch
    status: Status
    iterations: int
    cost: float
    data_term: float
    test_term: float
    square: float
    train_error: float
    test_error: float
    gradient_norm: float
    minimiser: int | None = None
    moved: float | None = None
    jump: bool = False
    curvature: float | None = None
    bound: float | None = None
    floor: float | None = None
    ode_difference: float | None = None
    ode_test_error: float | None = None
    substeps: int | None = None
    unexplained: float | None = None

    @property
    def converged(self) -> bool:
        """Whether it ended where J is stationary: only such a run has found a minimiser."""
        return self.status == "converged"

    @property
    def verdict(self) -> Verdict | None:
        """What its network is: "ode", "nearly" one, or "not", where it left its ODE; None: not known."""
        return None if self.ode_difference is None else verdict(self.ode_difference)


def only_converged(outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
    """The outcomes without the minimisers and jumps of runs that had not converged (stored ones of old).

    Args:
        outcomes: in the order in which they were trained.
    """
    before = (None, *outcomes)
    return tuple(
        replace(
            each,
            minimiser=each.minimiser if each.converged else None,
            jump=each.jump and each.converged and last is not None and last.converged,
        )
        for last, each in zip(before, outcomes, strict=False)
    )


@dataclass(frozen=True)
class Study:
    """A finished study in figures; the runs themselves lie beside it, in the same order.

    Attributes:
        kind: that of its plan.
        spec: that of its plan, with as many iterations as a run could take in all.
        outcomes: one per run, in the order of Plan.settings (fewer when it was stopped).
        zero: J and the test data term at θ = 0, in flow coordinates (rest.rest_name says what that is).
        variance: mean squared distance of the targets from their mean, flow coordinates.
        name: a name given by a person, "" when none.
        created: ISO date and time, UTC, "" until stored.
        starts: seeds of which the best began the upward branch of a continuation; () where that was another
            run, or is not known.
    """

    kind: Kind
    spec: RunSpec
    outcomes: tuple[Outcome, ...]
    zero: tuple[float, float]
    variance: float
    name: str = ""
    created: str = ""
    starts: tuple[int, ...] = ()

    def __repr__(self) -> str:
        return f"Study: {study_line(self)}"

    def _repr_html_(self) -> str:
        # By name: exports lie above the store.
        shown: str = import_module("autoencode_core.export.notebook").study_html(self)
        return shown

    @property
    def weights(self) -> tuple[float, ...]:
        """The values of λ that occur, ascending."""
        return tuple(sorted({outcome.tikhonov for outcome in self.outcomes}))

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds that occur, ascending."""
        return tuple(sorted({outcome.seed for outcome in self.outcomes}))

    def at(self, tikhonov: float) -> list[int]:
        """Places of the runs of a λ."""
        return [i for i, outcome in enumerate(self.outcomes) if outcome.tikhonov == tikhonov]

    def minimisers(self, tikhonov: float) -> int:
        """How many different minimisers the seeds that converged found at a λ (0 when none did)."""
        found = {self.outcomes[i].minimiser for i in self.at(tikhonov)}
        return len(found - {None})

    @property
    def shown_weights(self) -> tuple[float, ...]:
        """At most MOST_SHOWN of its λ, from the first to the last."""
        weights = self.weights
        if len(weights) <= MOST_SHOWN:
            return weights
        return tuple(weights[round(i * (len(weights) - 1) / (MOST_SHOWN - 1))] for i in range(MOST_SHOWN))

    def best(self, tikhonov: float) -> int | None:
        """Place of the run with the lowest J at a λ, None when all diverged."""
        sound = [i for i in self.at(tikhonov) if self.outcomes[i].status != "diverged"]
        return min(sound, key=lambda i: self.outcomes[i].cost, default=None)

    def renamed(self, name: str) -> "Study":
        """This study under another name."""
        return replace(self, name=name)

    def curved(self, nu: Iterable[float], bound: Iterable[float], floor: Iterable[float]) -> "Study":
        """This study with ν of its runs, its bound and its floor (as analysis.curvatures gives them)."""
        found = zip(self.outcomes, map(float, nu), map(float, bound), map(float, floor), strict=True)
        curved = (
            replace(each, curvature=v, bound=b, floor=f) if isfinite(v) else each for each, v, b, f in found
        )
        return replace(self, outcomes=tuple(curved))


def study_line(study: Study) -> str:
    """One line for lists: data set, widths, weights and seeds."""
    spec, weights = study.spec, study.weights
    span = "λ = " + " … ".join(as_set(weight) for weight in dict.fromkeys([*weights[:1], *weights[-1:]]))
    counts = ((len(weights), "weight"), (len(study.seeds), "seed"))
    many = " × ".join(f"{count} {what}{'s' * (count != 1)}" for count, what in counts)
    many = many if study.kind == "strip" else "down and up"
    name = in_words("dataset", spec.dataset)
    return f"{name} · k = {spec.bottleneck} · {span} · {many}"


COLUMNS: Mapping[str, str] = {
    "tikhonov": "Tikhonov weight λ",
    "seed": "seed",
    "branch": "branch of a continuation",
    "status": "why training ended",
    "iterations": "iterations",
    "cost": "J, flow coordinates",
    "data_term": "data term of J",
    "test_term": "data term on test particles",
    "square": "‖θ‖² in L²(0,T)",
    "train_error": "mean squared distance, training particles, flow coordinates",
    "test_error": "mean squared distance, test particles, flow coordinates",
    "unexplained": "test error as a share of the variance of the test particles",
    "gradient_norm": "‖∇J‖ in L²(0,T)",
    "ode_difference": "root mean squared distance from the exact flow of its control, share of the spread",
    "ode_test_error": "test error of that flow, mean squared distance, flow coordinates",
    "verdict": "ode: up to 2 % from its exact flow; nearly: up to 10 %; not: it left its ODE",
    "substeps": "sub-steps of a layer at the end",
    "minimiser": "which minimiser of its λ; none where the run has not converged",
    "moved": "distance to the run before on its branch, share of the variance",
    "jump": "whether the branch jumped here, from one converged run to the next",
    "curvature": "ν, smallest eigenvalue of the data term's Hessian",
    "bound": "residual bound of ν",
    "floor": "no eigenvalue is lower than this, with probability 0.999",
}
"""Columns of a study's table (what an Outcome knows) and what they are."""


def table(study: Study) -> list[dict[str, Any]]:
    """The outcomes as rows of plain values, with 2λ + ν where ν is known."""
    rows = []
    for outcome in study.outcomes:
        row = {name: getattr(outcome, name) for name in COLUMNS}
        nu = outcome.curvature
        row["convexity"] = None if nu is None else 2 * outcome.tikhonov + nu
        rows.append(row)
    return rows
