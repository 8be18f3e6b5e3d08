"""How much room a run or a study takes on disk, before it is trained; numpy only.

What could not be read again is refused here, so that nothing is trained in vain.
"""

from dataclasses import dataclass

from autoencode_core.data.catalogue import card
from autoencode_core.data.loading import probe_indices
from autoencode_core.data.reading import is_table
from autoencode_core.data.table import read_table
from autoencode_core.errors import InputError
from autoencode_core.flow.fields import controlled_field
from autoencode_core.flow.shape import MOST_FRAMES, ControlShape
from autoencode_core.flow.widths import active_counts
from autoencode_core.knobs import bounds
from autoencode_core.spec import AUTO, RunSpec
from autoencode_core.store.history import MOST_SNAPSHOTS, PATH_NUMBERS
from autoencode_core.store.record import HISTORY, RunRecord
from autoencode_core.store.run_file import texts_size
from autoencode_core.store.run_members import MOST_BYTES
from autoencode_core.store.study import Plan
from autoencode_core.store.study_file import FEWEST_PARTICLES, MOST_STUDY_BYTES, USUAL_STUDY_BYTES
from autoencode_core.words import megabytes

_NUMBER_TEXT = 25
"""Most characters of a number of a history, with its comma."""
_HEADS = 100_000
"""Bytes that heads and tables of contents take."""


def run_size(spec: RunSpec) -> int:
    """Most bytes that a run takes when it is stored.

    Args:
        spec: what is to be trained.

    Raises:
        InputError: it would be too large to be read again, or the names of its columns or classes would be.
    """
    parts = _Parts.of(spec)
    if parts.whole > MOST_BYTES:
        wanted = f"at most {megabytes(MOST_BYTES)}, for no larger one is read again; {_remedy(parts)}"
        raise InputError("run", f"a file of about {megabytes(parts.whole)}", wanted)
    return parts.whole


def study_size(plan: Plan) -> int:
    """As `run_size`, for a study, whose runs keep less of what pages show of them where there are many."""
    parts, runs = _Parts.of(plan.trained()), len(plan.settings())
    each = min(parts.whole, USUAL_STUDY_BYTES // runs + parts.least)
    if each > MOST_BYTES or each * runs > MOST_STUDY_BYTES:
        most = min(MOST_BYTES, MOST_STUDY_BYTES // runs)
        found = f"{runs} run{'s' * (runs > 1)} of about {megabytes(each)}"
        wanted = f"at most {megabytes(most)} each, for no larger study is read again; {_remedy(parts)}"
        raise InputError("study", found, wanted)
    return each * runs


@dataclass(frozen=True)
class _Parts:
    """Bytes of a run: the control itself, those kept on the way, its probe batch, all else."""

    parameters: int
    control: int
    path: int
    probe: int
    fewest: int  # of the probe batch, where it was cut down to what every run of a study keeps
    rest: int

    @property
    def whole(self) -> int:
        return self.control + self.path + self.probe + self.rest

    @property
    def least(self) -> int:
        return self.control + self.fewest + self.rest

    @classmethod
    def of(cls, spec: RunSpec) -> "_Parts":
        width, number = card(spec.dataset, spec.reading).width, 8 if spec.dtype == "float64" else 4
        counts = active_counts(width, spec.bottleneck, spec.depth, spec.profile)
        controlled = spec.depth // 2 if spec.task == "classify" else spec.depth
        blocks = controlled_field(spec.field, spec.activation, spec.expansion).blocks
        size = ControlShape(counts[:controlled], blocks).size
        frames = controlled * min(max(1, MOST_FRAMES // controlled), _substeps(spec)) + 1
        target = spec.bottleneck if spec.task == "classify" else width
        snapshot = 4 * (spec.bottleneck + target)
        # inputs, targets, the state before the projection, hue, label; snapshots; states of the flow
        particle = 4 * (2 * width + target) + 12 + MOST_SNAPSHOTS * snapshot + 4 * width * frames
        particles = len(probe_indices(spec.particles, width))
        history = (spec.iterations + 1) * len(HISTORY) * _NUMBER_TEXT
        coordinates = 8 * width * (width + 3)
        return cls(
            parameters=size,
            control=size * number,
            path=min(MOST_SNAPSHOTS, PATH_NUMBERS // size) * size * number,
            probe=particles * particle,
            fewest=min(particles, FEWEST_PARTICLES) * particle,
            rest=_texts(spec) + history + coordinates + width * frames + _HEADS,
        )


def _substeps(spec: RunSpec) -> int:
    """Most sub-steps that a run may end with: training doubles them where the fidelity asks for it."""
    return spec.substeps if spec.fidelity is None else int(bounds("substeps")[1] or 1)


def _texts(spec: RunSpec) -> int:
    """Bytes of the spec and the names of columns and classes; raises if they could not be read again."""
    known = card(spec.dataset, spec.reading)
    if spec.tikhonov == AUTO:  # what is stored has the number that is chosen
        spec = spec.but(tikhonov=1.0)
    classes = read_table(spec.dataset, spec.reading).label_names if is_table(spec.dataset) else ()
    return texts_size(RunRecord(spec, "finished", "", {}, {}, {}, {}, labels=classes, columns=known.columns))


def _remedy(parts: _Parts) -> str:
    if parts.control + parts.path < parts.probe:
        return "fewer layers would help"
    return f"its control has {parts.parameters:,} numbers: fewer layers or a smaller expansion would help"
