"""What the page Flow asks about runs, and what it is told."""

from typing import TypedDict

from autoencode_core.questions.arrays import Flags, Floats, Integers
from autoencode_core.questions.question import Question


class Trajectories(TypedDict):
    """The flow of n particles by the run's own scheme, at S times, on d components or c drawn axes.

    Attributes:
        states: (S, n, d or c) in flow coordinates, float32, at T/2 after the projection.
        dropped: the state just before it (n, d or c), float32.
        times: (S,).
        active: the active components (S, d).
        labels: class numbers (n,), empty when unlabelled.
        hue: place along the data set (n,), in [0, 1].
        errors: squared distance of the output to its target in flow coordinates (n,) (classify: of the code
            to the position of its label).
        targets: what particles must become, in data units (n, d) (classify: (n, k), positions in the code).
        trained: how many of the first are training particles.
        left_out: how many leave the finite numbers (they stay in place, with NaN).
        note: what else to know, "" when nothing.
    """

    states: Floats
    dropped: Floats
    times: Floats
    active: Flags
    labels: Integers
    hue: Floats
    errors: Floats
    targets: Floats
    trained: int
    left_out: int
    note: str


class Grid(TypedDict):
    """The cells of a law on one drawn axis or two, at F frames.

    Frames go from X(0) to X(T/2) before the projection, then from X(T/2) after it.

    Attributes:
        times: of the frames (F,), T/2 twice.
        x: the cells' edges along the first axis.
        y: along the second one, empty for one axis.
    """

    times: Floats
    x: Floats
    y: Floats


class DrawnLaw(Grid):
    """The law μ_t of N particles as smoothed mass per cell.

    Attributes:
        values: mass per cell (F, ny, nx), float32, ny = 1 for one axis.
        places: the particles themselves on the drawn axes (F, m, c), float32, m of them evenly chosen where N
            are too many.
        particles: N.
        left_out: how many leave the finite numbers (their mass is missing).
        note: what else to know, "" when nothing.
    """

    values: Floats
    places: Floats
    particles: int
    left_out: int
    note: str


class Law(DrawnLaw):
    """The law μ_t on given ranges of the drawn axes.

    Attributes:
        mass: share of all particles that lie inside the ranges, which is the sum of values (F,).
    """

    mass: Floats


class FieldGrid(TypedDict):
    """F(., θ_n) of every layer on a grid, for data of two components.

    Attributes:
        vectors: (L, ny, nx, 2), float32 (classify: L/2 layers), zero on inactive components.
        x: places along the first component (nx,), flow coordinates.
        y: places along the second component (ny,).
    """

    vectors: Floats
    x: Floats
    y: Floats


TRAJECTORIES: Question[Trajectories] = Question(
    "trajectories", "autoencode_core.analysis.flow.trajectories:trajectories"
)
LAW: Question[Law] = Question("law", "autoencode_core.analysis.flow.law:law")
FIELD_GRID: Question[FieldGrid] = Question("field_grid", "autoencode_core.analysis.flow.field:field_grid")
