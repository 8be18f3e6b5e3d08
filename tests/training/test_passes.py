"""A GPU's passes in Triton's interpreter on the CPU, against torch's operators, and compiled for a card."""

import pytest
import torch
from triton_without_a_card import Card, compiling, interpreted

from autoencode_core.flow.architecture import Architecture
from autoencode_core.flow.fields import controlled_field
from autoencode_core.flow.schemes import SCHEMES
from autoencode_core.training import evaluation, passes
from autoencode_core.training.costate import SweepTensors, backward, forward
from autoencode_core.training.evaluation import IN_PLACE
from autoencode_core.training.passes import TritonPasses, passes_for

triton = pytest.importorskip("triton", reason="Triton has builds for Linux on x86-64 only")

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning:triton")  # the interpreter counts with NumPy
TOLERANCE = {torch.float32: 3e-6, torch.float64: 1e-14}
STEP = 0.1


@pytest.fixture
def kernels(monkeypatch):
    """Blocks of 128 columns, so that a row takes several."""
    monkeypatch.setattr(passes, "MOST_COLUMNS", 128)
    monkeypatch.setattr(passes, "MOST_SUMMED", 128)
    with interpreted("nonlinearities", "passes"):
        yield


class Laid:
    """The tensors of one layer as a sweep lays them out: all are views of larger ones."""

    def __init__(self, name, regimes=None, particles=300, dtype=torch.float64, rows=2):
        draw = torch.Generator().manual_seed(5)
        lead = () if regimes is None else (regimes,)

        def some(more):
            whole = torch.randn(*lead, rows + more, particles, generator=draw, dtype=torch.float64)
            return whole.to(dtype)[..., :rows, :]

        def control():
            return torch.randn(*lead, 17, generator=draw, dtype=torch.float64).to(dtype)[
                ..., 9 : 9 + rows, None
            ]

        self.name, self.sigma = name, IN_PLACE[name]
        self.z, self.x, self.p, self.b, self.sums = some(1), some(2), some(3), control(), control()
        self.value = some(4) if self.sigma.keeps_input else self.z
        self.out = some(5)

    @property
    def passes(self):
        return TritonPasses(self.name, self.z, self.value, self.b, self.x, self.out, self.sums)

    def alone(self, r):
        """The same tensors of one regime, without its axis."""
        one = object.__new__(Laid)
        one.name, one.sigma = self.name, self.sigma
        for key in ("z", "x", "p", "b", "sums", "out"):
            setattr(one, key, getattr(self, key)[r].clone())
        one.value = self.value[r].clone() if self.sigma.keeps_input else one.z
        return one

    def through(self, moves):
        """Copies of what activation (or Euler step) and way back leave."""
        own = self.passes
        if moves:
            own.euler(STEP)
        else:
            own.activate()
        first = [self.z.clone(), (self.out if moves else self.value).clone()]
        own.pulled(self.p)
        return [*first, self.z.clone(), self.sums.clone()]

    def by_torch(self, moves):
        """The same by torch's own operators."""
        z = self.z + self.b
        value = torch.empty_like(z) if self.sigma.keeps_input else z
        self.sigma.write(z, value)
        first = [z.clone(), torch.add(self.x, value, alpha=STEP) if moves else value.clone()]
        self.sigma.pull(self.p, z)
        return [*first, z, z.sum(-1, keepdim=True)]


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("regimes", [None, 2])
@pytest.mark.parametrize("name", IN_PLACE)
def test_the_passes_are_torchs_operators(kernels, name, regimes, dtype):
    for moves in (False, True):
        laid = Laid(name, regimes, dtype=dtype)
        expected = laid.by_torch(moves)
        *found, sums = laid.through(moves)
        for one, two in zip(found, expected, strict=False):
            torch.testing.assert_close(one, two, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])
        size = float(expected[2].abs().sum(-1).max())
        torch.testing.assert_close(sums, expected[3], rtol=0, atol=TOLERANCE[dtype] * size)


@pytest.mark.parametrize("name", IN_PLACE)
def test_nothing_beside_their_rows_is_touched(kernels, name):
    laid = Laid(name, 2)
    views = (laid.z, laid.out, laid.value, laid.sums)
    around = [view._base.clone() for view in views]
    for view, whole in zip(views, around, strict=True):
        whole.as_strided(view.shape, view.stride(), view.storage_offset()).zero_()
    laid.through(moves=False)
    laid.through(moves=True)
    for view, whole in zip(views, around, strict=True):
        now = view._base.clone()
        now.as_strided(view.shape, view.stride(), view.storage_offset()).zero_()
        assert torch.equal(now, whole)


@pytest.mark.parametrize("particles", [1, 128, 300])
def test_a_regime_alone_has_the_bits_of_one_among_others(kernels, particles):
    for moves in (False, True):
        laid = Laid("tanh", 3, particles, torch.float32)
        each = [laid.alone(r) for r in range(3)]
        found = laid.through(moves)
        for r, one in enumerate(each):
            for whole, part in zip(found, one.through(moves), strict=True):
                assert torch.equal(whole[r], part)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("name", IN_PLACE)
def test_what_is_not_finite_is_so_where_torch_says(kernels, name, dtype):
    odd = torch.tensor([torch.nan, torch.inf, -torch.inf, 0.0, 1.0, -1.0, 1e30, -1e30], dtype=dtype)
    odd = odd[:6] if name == "sin" else odd  # of so large a number the sine says nothing
    laid = Laid(name, None, len(odd) ** 2, dtype, rows=1)
    laid.z[:], laid.p[:], laid.b[:] = odd.repeat(len(odd)), odd.repeat_interleave(len(odd)), 0
    expected = laid.by_torch(moves=False)
    found = laid.through(moves=False)
    for one, two in zip(found[:2], expected, strict=False):
        torch.testing.assert_close(one, two, rtol=1e-6, atol=1e-6, equal_nan=True)
    behind, given = found[2], expected[2]
    assert torch.equal(behind.isfinite(), given.isfinite()) and bool(found[3].isnan())
    moderate = laid.p.abs() <= 1
    torch.testing.assert_close(behind[moderate], given[moderate], rtol=1e-6, atol=1e-6, equal_nan=True)


@pytest.mark.parametrize("scheme", ["euler", "rk4"])
@pytest.mark.parametrize(("field", "name"), [("single_layer", "tanh"), ("two_layer", "softplus")])
@pytest.mark.parametrize("dtype", TOLERANCE)
def test_a_whole_sweep_with_them(kernels, monkeypatch, field, name, scheme, dtype):
    substeps = 2 if scheme == "euler" else 1
    arch = Architecture((2, 1, 2), 3, 1.5, controlled_field(field, name, 2), SCHEMES[scheme], substeps)
    for regimes in (1, 2):
        expected = swept(arch, regimes, dtype)
        with monkeypatch.context() as patch:
            patch.setattr(evaluation, "passes_for", TritonPasses)
            found = swept(arch, regimes, dtype)
        for one, two in zip(found, expected, strict=True):
            assert float((one - two).norm() / two.norm()) < TOLERANCE[dtype]


def swept(arch, regimes, dtype, particles=150):
    """Outcome and gradient, with the outcome itself as the costate at the end."""
    draw = torch.Generator().manual_seed(3)
    tensors = SweepTensors(arch, regimes, particles, torch.empty(0, dtype=dtype))
    for each in (tensors.theta, tensors.x):
        each.copy_(torch.randn(each.shape, generator=draw, dtype=torch.float64))
    tensors.end.copy_(forward(tensors))
    return tensors.outcome.clone(), backward(tensors).clone()


def test_where_triton_does_not_run_torchs_operators_are_taken(monkeypatch):
    """A tensor as if on a card: whether kernels are taken there follows `runs_on` alone."""

    class Somewhere:
        device, dtype, ndim, shape = torch.device("cuda"), torch.float64, 2, (3, 40)

    given = ("tanh", *(Somewhere() for _ in range(6)))
    monkeypatch.setattr(passes, "runs_on", lambda device: device.type == "cuda")
    assert isinstance(passes_for(*given), TritonPasses)
    monkeypatch.setattr(passes, "runs_on", lambda device: False)
    assert passes_for(*given) is None


@pytest.fixture
def compiled(monkeypatch, tmp_path):
    """The binaries of all launches so far."""
    found = []
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    stand_in = compiling(passes._kernels(), ("activate", "pulled"), found)
    monkeypatch.setattr(passes, "_kernels", lambda: stand_in)
    monkeypatch.setattr(triton.runtime.driver, "_active", Card())
    return found


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("name", ["tanh", "softplus", "sin"])
def test_they_compile_for_a_card(compiled, name, dtype):
    laid = Laid(name, 2, dtype=dtype)
    laid.through(moves=False)
    laid.through(moves=True)
    assert len(compiled) == 4 and all(binary.asm["cubin"] for binary in compiled)
    assert ".param .f64" in compiled[0].asm["ptx"]  # the step of Euler


def test_another_size_compiles_nothing_anew(compiled):
    for rows, particles in ((3, 300), (5, 303), (7, 390)):
        Laid("relu", 2, particles, rows=rows).through(moves=True)
    assert len(compiled) == 6 and len({id(binary) for binary in compiled}) == 2
