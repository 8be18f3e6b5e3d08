"""RunSpec: the single source of every knob, its bounds, default, symbol and help text.

Widgets, command-line flags, links, run files and validation all derive from this model.
"""

import os
from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from autoencode_core.data.catalogue import CATALOGUE, GIVEN, DatasetCard, card, dataset_names
from autoencode_core.data.idx import is_images_file
from autoencode_core.data.reading import NONE, Reading, is_table
from autoencode_core.errors import InputError
from autoencode_core.flow.fields import FIELDS
from autoencode_core.flow.nonlinearities import NONLINEARITIES
from autoencode_core.flow.schemes import SCHEMES

Task = Literal["reconstruct", "denoise", "classify", "transport"]
CoordinateKind = Literal["raw", "standard", "principal", "correlation"]
Profile = Literal["linear", "geometric", "step"]
Order = Literal["natural", "reversed", "variance"]
Method = Literal["pmp", "adam", "lbfgs"]
Metric = Literal["field", "control"]
Device = Literal["auto", "cpu", "cuda", "mps"]
Precision = Literal["float32", "float64"]
Auto = Literal["auto"]

AUTO: Auto = "auto"
"""λ that training chooses by cross-validation (training.selection)."""

FIRST_STEP: Mapping[str, float] = {"pmp": 1.0, "adam": 0.02, "lbfgs": 1.0}
"""Default of learning_rate, which means another thing to each method."""
ITERATIONS: Mapping[str, int] = {"pmp": 1000, "adam": 1000, "lbfgs": 300}
"""Default of iterations: a step of lbfgs gains more than one of the others."""


def _knob(
    title: str, symbol: str, help: str, *, group: str = "more", unit: str = "", log: bool = False
) -> Any:
    """What a widget needs to know of a knob beyond its type and bounds."""
    return Field(
        title=title,
        description=help,
        json_schema_extra={"symbol": symbol, "group": group, "unit": unit, "log": log},
    )


RESIDUAL_NETWORK: Mapping[str, Any] = {"scheme": "euler", "substeps": 1, "fidelity": None}
"""The residual network of the paper; what a stored spec means that was written before there were others."""

EVERY_COLUMN = Reading(drop=(NONE,))
"""How a table was read before columns could be left out; what a stored spec means that does not say."""

REGISTRIES: Mapping[str, Mapping[str, object]] = {
    "field": FIELDS,
    "activation": NONLINEARITIES,
    "scheme": SCHEMES,
}
"""Knobs whose words are the names of a registry."""


LEADING = ("dataset", "reading", "task", "method")
"""Knobs that the defaults of the others follow."""


class RunSpec(BaseModel):
    """Everything that determines a run: the same spec, seed and machine give the same run.

    A knob that is not given takes the value that suits the data set (DatasetCard.defaults), else
    the default below. Symbols and meanings are those of Cipriani, Fornasier and Scagliotti (2024).

    Raises:
        pydantic.ValidationError: a value is out of bounds; it names the field, the value and what
            is allowed. `explain` turns it into sentences.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)

    dataset: Annotated[
        str,
        _knob(
            "Data set",
            "μ₀",
            "The law that the particles are drawn from, or the path of a table or of an IDX file of images.",
            group="main",
        ),
    ] = "circle"
    reading: Annotated[
        Reading,
        _knob(
            "Reading", "", "How a table is read, and which of its columns and rows are used.", group="table"
        ),
    ] = Reading()
    bottleneck: Annotated[
        int,
        Field(ge=1, le=4096),
        _knob(
            "Bottleneck width",
            "k",
            "Number of components still active at T/2: the size of the latent code.",
            group="main",
        ),
    ] = 2
    depth: Annotated[
        int,
        Field(ge=4, le=400, multiple_of=2),
        _knob(
            "Depth",
            "L",
            "Number of layers, even: one half encodes, the other half decodes.",
            group="main",
            unit="layers",
        ),
    ] = 20
    horizon: Annotated[
        float,
        Field(ge=0.01, le=100),
        _knob(
            "Time horizon",
            "T",
            "Length of the flow in time. One layer lasts δ = T/L; with tanh in a single layer no "
            "component can travel further than T/2 before the bottleneck.",
            group="main",
            unit="flow time",
        ),
    ] = 5.0
    tikhonov: Annotated[
        Annotated[float, Field(ge=0, le=1e3)] | Auto,
        _knob(
            "Tikhonov weight",
            "λ",
            "Price of the control: J = data term + λ‖θ‖². High: one minimiser, close to PCA. Low: freer "
            "flows and several minimisers. auto: chosen by the data, by cross-validation.",
            group="main",
            log=True,
        ),
    ] = 1e-4
    task: Annotated[
        Task,
        _knob(
            "Task",
            "y",
            "What the particles must become: themselves, their clean version, the position of their label "
            "(encoder only), or the data set's own targets.",
        ),
    ] = "reconstruct"
    particles: Annotated[
        int,
        Field(ge=1, le=10_000_000),
        _knob(
            "Particles", "N", "Number of training particles; a quarter as many more are held out for testing."
        ),
    ] = 500
    noise: Annotated[
        float,
        Field(ge=0, le=10),
        _knob(
            "Noise",
            "s",
            "Standard deviation of Gaussian noise added to every component: in data units, but where the "
            "coordinates scale (standard, correlation) in units of each component's standard deviation.",
        ),
    ] = 0.0
    coordinates: Annotated[
        CoordinateKind,
        _knob(
            "Coordinates",
            "C",
            "Where the flow acts: raw data; standard (each column divided by its standard deviation); "
            "principal axes; or correlation: standardised, then principal axes, whatever the columns' units. "
            "On principal axes θ = 0 is PCA if the first ones are kept.",
        ),
    ] = "principal"
    profile: Annotated[
        Profile | tuple[int, ...],
        _knob(
            "Width profile",
            "aₙ",
            "How the number of active components falls in the encoder: linear, geometric, step, or a list "
            "a₀, …, a_(L/2-1) that starts at d, never grows and ends at k.",
        ),
    ] = "linear"
    order: Annotated[
        Order | tuple[int, ...],
        _knob(
            "Order of deactivation",
            "Aₙ",
            "Which components go first: natural (the last one), reversed, variance (the least spread; of "
            "standardised ones, which all have one, the least that the others do not tell), or a list of all "
            "components, the one kept longest first.",
        ),
    ] = "natural"
    field: Annotated[
        str,
        _knob(
            "Field", "F", "The controlled field: σ(Wx + b), or V σ(Wx + b) with a hidden layer of m·a units."
        ),
    ] = "single_layer"
    expansion: Annotated[
        int,
        Field(ge=1, le=16),
        _knob("Expansion", "m", "Hidden units per active component; only the two-layer field has them."),
    ] = 4
    hidden: Annotated[
        int | None,
        Field(ge=1, le=4096),
        _knob(
            "Hidden units",
            "h",
            "Hidden units of every layer of the two-layer field, whatever its width; by default m a, the "
            "expansion times the active components.",
        ),
    ] = None
    activation: Annotated[
        str, _knob("Activation", "σ", "The nonlinearity; identity gives a linear flow.")
    ] = "tanh"
    scheme: Annotated[
        str,
        _knob(
            "Scheme",
            "",
            "How a layer is integrated, with θ held on it: euler (order 1; with one sub-step the residual "
            "network itself), midpoint (order 2) or rk4 (order 4).",
        ),
    ] = "rk4"
    substeps: Annotated[
        int,
        Field(ge=1, le=64),
        _knob("Sub-steps", "r", "Steps of the scheme in each layer, of length δ/r."),
    ] = 1
    fidelity: Annotated[
        float | None,
        Field(ge=0, le=1),
        _knob(
            "Fidelity",
            "",
            "Largest ODE difference that training allows: root mean squared distance of the outputs from "
            "those of the exact flow of the same control, as a share of the targets' spread. Where it is "
            "exceeded on the way, the sub-steps are doubled; off: never.",
        ),
    ] = 0.02
    method: Annotated[
        Method,
        _knob(
            "Method",
            "",
            "pmp: maximise the Hamiltonian layer by layer (J never rises). adam: stochastic gradient. "
            "lbfgs: quasi-Newton with a strong Wolfe search.",
        ),
    ] = "lbfgs"
    iterations: Annotated[
        int, Field(ge=1, le=100_000), _knob("Iterations", "j", "Most iterations of the method.")
    ] = 300
    learning_rate: Annotated[
        float,
        Field(gt=0, le=100),
        _knob(
            "First step",
            "τ",
            "First trial step: τ of pmp, the peak of adam's one-cycle, the first step of lbfgs.",
            log=True,
        ),
    ] = 1.0
    batch_size: Annotated[
        int,
        Field(ge=0, le=10_000_000),
        _knob(
            "Batch size",
            "B",
            "Particles per step of adam; 0 takes all. One iteration is one step; with batches the figures on "
            "the way are those of a batch, at the end those of all. The other methods always take all.",
        ),
    ] = 0
    inner_steps: Annotated[
        int,
        Field(ge=1, le=20),
        _knob(
            "Inner steps", "", "Steps of pmp inside each layer's Hamiltonian before the flow is run again."
        ),
    ] = 1
    metric: Annotated[
        Metric,
        _knob(
            "Metric",
            "M",
            "How pmp measures a step: by how much it changes the field along the particles' paths, or by "
            "how much it changes the control (as in the paper; needs many more iterations).",
        ),
    ] = "field"
    tolerance: Annotated[
        float,
        Field(ge=0, le=1),
        _knob(
            "Tolerance",
            "ε",
            "Stop early once the stationarity ‖∇J‖ is at most this; 0: only when nothing can be gained.",
            log=True,
        ),
    ] = 1e-6
    init_scale: Annotated[
        float,
        Field(ge=0, le=10),
        _knob("Initial scale", "s₀", "Spread of the random initial control: W ~ s₀ N(0, 1/a), b = 0."),
    ] = 1.0
    init_outer: Annotated[
        float | None,
        Field(ge=0, le=10),
        _knob(
            "Initial scale of V",
            "s₁",
            "Spread of the initial V of the two-layer field, by default that of W. 0: the flow begins at "
            "rest, so that training sets out from PCA where the coordinates are principal.",
        ),
    ] = None
    seed: Annotated[
        int,
        Field(ge=0, le=2**31 - 1),
        _knob("Seed", "", "Fixes the data, the split and the initial control, whatever the other knobs say."),
    ] = 0
    data_seed: Annotated[
        int | None,
        Field(ge=0, le=2**31 - 1),
        _knob(
            "Seed of the data",
            "",
            "Fixes the data and the split alone, so that runs of several seeds meet the same particles; "
            "by default that of the run.",
        ),
    ] = None
    device: Annotated[
        Device, _knob("Device", "", "Where to compute; auto takes the CPU unless a GPU pays off.")
    ] = "auto"
    dtype: Annotated[Precision, _knob("Precision", "", "Floating-point type of the whole run.")] = "float32"

    @model_validator(mode="before")
    @classmethod
    def _fill_defaults(cls, values: Any, info: ValidationInfo) -> Any:
        if not isinstance(values, Mapping):
            return values
        if (info.context or {}).get("stored"):
            values = {**RESIDUAL_NETWORK, **values}
            if is_table(str(values.get("dataset"))):
                values.setdefault("reading", EVERY_COLUMN)
        try:
            reading = Reading.model_validate(values.get("reading", {}))
            suited = dict(card(str(values.get("dataset", "circle")), reading).defaults)
        except (InputError, ValidationError):
            suited = {}
        filled = {**suited, **values}
        if "batch_size" in suited and "batch_size" not in values:
            filled["batch_size"] = min(suited["batch_size"], _at_least(filled.get("particles"), 1))
        if filled.get("task") == "denoise":
            filled.setdefault("noise", 0.1)
        if filled.get("method", "lbfgs") != "adam" and "batch_size" not in values:
            filled.pop("batch_size", None)
        filled.setdefault("iterations", ITERATIONS.get(str(filled.get("method", "lbfgs")), 300))
        filled.setdefault("learning_rate", FIRST_STEP.get(str(filled.get("method", "lbfgs")), 1.0))
        return filled

    @field_validator("fidelity", mode="before")
    @classmethod
    def _fidelity_off(cls, value: Any) -> Any:
        return None if isinstance(value, str) and value.strip().lower() in ("", "off") else value

    @field_validator(*REGISTRIES)
    @classmethod
    def _is_registered(cls, value: str, info: ValidationInfo) -> str:
        words = REGISTRIES[str(info.field_name)]
        if value not in words:
            raise _refuse(", ".join(words))
        return value

    @field_validator("dataset")
    @classmethod
    def _dataset_is_known(cls, value: str, info: ValidationInfo) -> str:
        if value in CATALOGUE or value == GIVEN:
            return value
        if not is_table(value) and not is_images_file(value):
            raise _refuse(f"one of {dataset_names()}")
        # A file that is gone or spoilt must not make a stored spec unreadable: loading it says so.
        return value if (info.context or {}).get("stored") else os.path.abspath(value)

    @field_validator("reading")
    @classmethod
    def _reading_has_a_table(cls, value: Reading, info: ValidationInfo) -> Reading:
        changed = value.changed()
        if changed and not is_table(info.data.get("dataset", "")):
            raise _refuse(
                f"what it is by default for a data set that is no file (given: {', '.join(changed)})"
            )
        return value

    @field_validator("bottleneck")
    @classmethod
    def _bottleneck_fits(cls, value: int, info: ValidationInfo) -> int:
        known = _card_of(info)
        if known and value > known.width:
            raise _refuse(f"a whole number from 1 to {known.width}, the width of {known.title}")
        return value

    @field_validator("task")
    @classmethod
    def _task_fits(cls, value: Task, info: ValidationInfo) -> Task:
        known = _card_of(info)
        if known and value == "classify" and known.classes < 2:
            raise _refuse(f"reconstruct or denoise ({known.title} has no labels)")
        if known and value == "transport" and not known.has_targets:
            raise _refuse(f"reconstruct, denoise or classify ({known.title} has no targets of its own)")
        return value

    @field_validator("particles")
    @classmethod
    def _particles_exist(cls, value: int, info: ValidationInfo) -> int:
        known = _card_of(info)
        if known and known.most_particles is not None and value > known.most_particles:
            raise _refuse(
                f"a whole number from 1 to {known.most_particles}, the training part of {known.title}"
            )
        return value

    @field_validator("noise")
    @classmethod
    def _denoise_has_noise(cls, value: float, info: ValidationInfo) -> float:
        if info.data.get("task") == "denoise" and value == 0:
            raise _refuse("a number above 0 and at most 10 when the task is denoise")
        return value

    @field_validator("profile", mode="before")
    @classmethod
    def _profile_list(cls, value: Any) -> Any:
        return _whole_numbers(value, get_args(Profile))

    @field_validator("profile")
    @classmethod
    def _profile_narrows(cls, value: str | tuple[int, ...], info: ValidationInfo) -> str | tuple[int, ...]:
        known, k, depth = _card_of(info), info.data.get("bottleneck"), info.data.get("depth")
        if isinstance(value, str) or k is None or depth is None:
            return value
        narrows = all(a >= b for a, b in pairwise(value))
        if (
            len(value) != depth // 2
            or value[-1] != k
            or not narrows
            or (known is not None and value[0] != known.width)
        ):
            first = known.width if known else "d"
            raise _refuse(
                f"linear, geometric, step, or {depth // 2} whole numbers (one per encoder layer) "
                f"that start at {first}, never grow and end at {k}"
            )
        return value

    @field_validator("order", mode="before")
    @classmethod
    def _order_list(cls, value: Any) -> Any:
        return _whole_numbers(value, get_args(Order))

    @field_validator("order")
    @classmethod
    def _order_permutes(cls, value: str | tuple[int, ...], info: ValidationInfo) -> str | tuple[int, ...]:
        known = _card_of(info)
        if not isinstance(value, str):
            width = known.width if known else len(value)
            if sorted(value) != list(range(width)):
                raise _refuse(f"natural, reversed, variance, or each of 0 to {width - 1} once")
        return value

    @field_validator("batch_size")
    @classmethod
    def _batch_fits(cls, value: int, info: ValidationInfo) -> int:
        method, particles = info.data.get("method"), info.data.get("particles")
        if value and method in ("pmp", "lbfgs"):
            raise _refuse(f"0 with {method}, which always takes all particles (adam takes batches)")
        if particles is not None and value > particles:
            raise _refuse(f"a whole number from 0 to {particles}, the number of particles")
        return value

    @property
    def weight(self) -> float:
        """λ as a number.

        Raises:
            InputError: the data are to choose it, so that it is not known yet.
        """
        if self.tikhonov == AUTO:
            raise InputError("tikhonov", AUTO, "a number here: only the training of a single run chooses λ")
        return self.tikhonov

    @property
    def sample(self) -> int:
        """The seed that the data and the split are drawn from."""
        return self.seed if self.data_seed is None else self.data_seed

    def card(self) -> DatasetCard:
        """What is known of the data set.

        Raises:
            InputError: it is a table that is missing or cannot be used.
        """
        return card(self.dataset, self.reading)

    def leading(self) -> dict[str, Any]:
        """The knobs that the defaults of the others follow."""
        return {name: getattr(self, name) for name in LEADING}

    def but(self, **changes: Any) -> "RunSpec":
        """This spec with some knobs changed, validated again.

        Knobs that stand at what suits data set, task and method follow those if they change.
        """
        leading = self.leading()
        if changes.get("dataset", self.dataset) != self.dataset:
            del leading["reading"]
        suited = RunSpec(**self.leading())
        chosen = {name: value for name, value in self if value != getattr(suited, name)}
        return RunSpec(**{**leading, **chosen, **changes})


def _card_of(info: ValidationInfo) -> DatasetCard | None:
    """What is known of the data set; of a stored spec's file, which may have changed since, nothing."""
    try:
        if (info.context or {}).get("stored") and info.data["dataset"] not in CATALOGUE:
            return None
        return card(info.data["dataset"], info.data["reading"])
    except (KeyError, InputError):
        return None


def _at_least(value: Any, low: int) -> int:
    return max(low, value) if isinstance(value, int) else low


def _refuse(allowed: str) -> PydanticCustomError:
    return PydanticCustomError("not_allowed", "allowed is {allowed}", {"allowed": allowed})


def _whole_numbers(value: Any, words: tuple[str, ...]) -> Any:
    """A list of whole numbers from text such as "3, 3, 2"; words and other values pass unchanged."""
    if isinstance(value, str) and value not in words:
        try:
            return tuple(int(part) for part in value.replace(",", " ").split())
        except ValueError:
            return value
    return value
