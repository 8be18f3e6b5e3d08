"""What the page Mean field asks about runs, and what it is told."""

from typing import Literal, TypedDict

from autoencode_core.questions.arrays import Flags, Floats, Integers
from autoencode_core.questions.flow import DrawnLaw, Grid
from autoencode_core.questions.question import Question


class Measured(TypedDict):
    """What is measured on trainings on N particles, (c, s) for c numbers and s samples.

    Beside each stands ref, the run of the same sample on the most particles. What cannot be had is NaN.

    Attributes:
        train_cost: J on the N particles.
        fresh_cost: J on fresh ones.
        gap: the second less the first.
        fresh_error: standard error of fresh_cost.
        fixed_gap: the gap of θ_ref whatever N: what the sample alone does, without a training that fits the
            control to it.
        control_distance: ‖θ_N - θ_ref‖ in L²(0,T), each in its own run's coordinates.
        map_distance: root mean squared distance of the outputs from those of ref, as a share of the data's
            spread.
        turned: degrees between the axes of the flow and those of ref.
        exact_wasserstein: W_1 between the N particles and N fresh ones, in the flow coordinates of ref, as
            far as MOST_ASSIGNED: between once and twice the mean W_1 to the law itself, so of the same rate.
        sliced_wasserstein: sliced W_1 to the fresh ones, on the line W_1 itself.
    """

    train_cost: Floats
    fresh_cost: Floats
    gap: Floats
    fresh_error: Floats
    fixed_gap: Floats
    control_distance: Floats
    map_distance: Floats
    turned: Floats
    exact_wasserstein: Floats
    sliced_wasserstein: Floats


class Endings(TypedDict):
    """How the trainings of each point ended, (c, s).

    Attributes:
        converged: whether a start did.
        diverged: whether all starts did.
        converged_starts: how many starts converged.
        lower: whether a start that did not converge has a lower J.
    """

    converged: Flags
    diverged: Flags
    converged_starts: Integers
    lower: Flags


Quantity = Literal[
    "gap", "fixed_gap", "control_distance", "map_distance", "exact_wasserstein", "sliced_wasserstein"
]
"""What is measured that has a rate of decay in N."""


class Rates(TypedDict):
    """The rates of decay of every Quantity.

    Attributes:
        gap_rate: slope of log gap against log N, low and high end of its 95 % band, and log gap at N = 1 (see
            `power_law`), (4,), NaN where it cannot be told.
        gap_fitted: which N that is fitted to (c,), at least three: those with two converged samples, well
            below the N of what they are compared with, and with a gap that stands out from the error of the
            fresh cost.
        gap_converged: which values rest on converged trainings (c, s): only these are fitted.
        fixed_gap_rate, …: likewise of the others.
    """

    gap_rate: Floats
    gap_fitted: Flags
    gap_converged: Flags
    fixed_gap_rate: Floats
    fixed_gap_fitted: Flags
    fixed_gap_converged: Flags
    control_distance_rate: Floats
    control_distance_fitted: Flags
    control_distance_converged: Flags
    map_distance_rate: Floats
    map_distance_fitted: Flags
    map_distance_converged: Flags
    exact_wasserstein_rate: Floats
    exact_wasserstein_fitted: Flags
    exact_wasserstein_converged: Flags
    sliced_wasserstein_rate: Floats
    sliced_wasserstein_fitted: Flags
    sliced_wasserstein_converged: Flags


class Particles(Measured, Endings, Rates):
    """One spec trained on more and more particles.

    Attributes:
        counts: numbers of particles N (c,), ascending.
        seeds: of the samples (s,).
        starts: initial controls of each training.
        fresh: fresh particles that there were for the cost.
        reference: likewise for sliced W_1.
        directions: lines that the sliced distance averages over, 0 where it is W_1 itself.
        note: what else to know, "" when nothing.
    """

    counts: Integers
    seeds: Integers
    starts: int
    fresh: int
    reference: int
    directions: int
    note: str


class Density(DrawnLaw):
    """The law μ_t of all particles on a grid, and its mass along t.

    Attributes:
        on_grid: sum of the cells (F,).
        outside: share of the particles beside the grid (F,).
        lost: share beyond the finite numbers (F,).
        total: sum of the three (F,).
        deviation: the largest |total - 1|.
        basis: drawn axes (d, c).
        center: what is subtracted before that (d,).
        ranges: low and high of each axis (c, 2).
    """

    on_grid: Floats
    outside: Floats
    lost: Floats
    total: Floats
    deviation: float
    basis: Floats
    center: Floats
    ranges: Floats


class Doubled(TypedDict):
    """Trajectories of the doubled state (x, s), in flow coordinates, n particles at S times.

    Attributes:
        states: the half x (S, n, d), float32.
        shadows: the half s, which starts at 0 (S, n, d), float32.
        read: which components the flow reads from s (S, d) (in the decoder those outside A_*).
        kept: A_* (k,).
        active: the active components (S, d).
        times: (S,).
        outputs: u(T) in data units (n, d).
        apart: largest distance between u(T) and the output of the projected form.
        speed: largest step of (x, s) from one knot to the next per flow time.
        labels: class numbers (n,), empty when unlabelled.
        hue: place along the data set (n,), in [0, 1].
        note: what else to know, "" when nothing.
    """

    states: Floats
    shadows: Floats
    read: Flags
    kept: Integers
    active: Flags
    times: Floats
    outputs: Floats
    apart: float
    speed: float
    labels: Integers
    hue: Floats
    note: str


class Push(Grid):
    """The samples moved by the flow beside g histograms moved by it, at the frames of a law.

    Attributes:
        cells: cells of the histograms along each component of R^d (g,), ascending.
        occupied: how many of them hold mass (g,).
        total_variation: half the sum of |difference| over the drawn cells (g, F).
        samples: mass per drawn cell of the moved particles (F, ny, nx), float32, ny = 1 for one axis.
        pushed: likewise of the finest moved histogram.
        places: the particles on the drawn axes (F, m, c), float32, evenly chosen where they are too many.
        pushed_places: likewise the middles of the finest cells.
        pushed_masses: what the latter carry (m,), 1 in all.
        basis: drawn axes (d, c).
        center: what is subtracted before that (d,).
        ranges: low and high of each axis (c, 2).
        particles: N.
        note: what else to know, "" when nothing.
    """

    cells: Integers
    occupied: Integers
    total_variation: Floats
    samples: Floats
    pushed: Floats
    places: Floats
    pushed_places: Floats
    pushed_masses: Floats
    basis: Floats
    center: Floats
    ranges: Floats
    particles: int
    note: str


PARTICLES: Question[Particles] = Question(
    "particles", "autoencode_core.analysis.mean_field.particles:particles", heavy=True
)
DENSITY: Question[Density] = Question("density", "autoencode_core.analysis.mean_field.density:density")
DOUBLED: Question[Doubled] = Question("doubled", "autoencode_core.analysis.mean_field.doubled:doubled")
PUSH: Question[Push] = Question("push", "autoencode_core.analysis.mean_field.push:push")
