"""Runs and studies stored before there were schemes: residual networks, to the last bit.

The files in before/ were written by the program as it was then.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from autoencode_core.cli.shared import errors_line
from autoencode_core.spec import RunSpec
from autoencode_core.store import run_file as files
from autoencode_core.store.record import HISTORY
from autoencode_core.store.run_file import pack, unpack, unpack_summary
from autoencode_core.store.run_store import RunStore
from autoencode_core.store.study_file import unpack_study
from autoencode_core.training.records import record_of, run_of
from autoencode_core.training.selection import train

BEFORE = Path(__file__).parent / "before"


def residual_network(run, x: torch.Tensor) -> torch.Tensor:
    """Outputs in data units as the program of then computed them: x + δ F(x, θ_n), operation by operation."""
    arch, model = run.model.architecture, run.model
    layers = arch.shape.layers(model.control.vector[None])
    u, half = model.to_engine(x), arch.depth // 2
    for n, (layer, a) in enumerate(zip(layers, arch.counts, strict=True)):
        u = u[:, : arch.bottleneck] if n == half else u
        u = u[:, :a] if u.shape[1] > a else torch.nn.functional.pad(u, (0, 0, 0, a - u.shape[1]))
        W, b, *V = layer
        hidden = torch.tanh(b.baddbmm(W, u))
        u = torch.add(u, V[0].bmm(hidden) if V else hidden, alpha=run.spec.horizon / run.spec.depth)
    return model.from_engine(u)


@pytest.mark.parametrize("name", ["single_layer", "two_layer"])
def test_a_run_is_the_residual_network_that_it_was(name, tmp_path):
    data = (BEFORE / f"{name}.autoencode").read_bytes()
    record = unpack(data)
    spec = record.spec
    assert (spec.scheme, spec.substeps, spec.fidelity, spec.field) == ("euler", 1, None, name)
    assert record.substeps == 1 and set(record.history["substeps"]) == {1}
    assert set(record.history) == set(HISTORY)
    run, x = run_of(record), record.probe["inputs"]
    assert torch.equal(run.model.reconstruct(x), residual_network(run, x))
    flow = run.model.flow(x)
    assert flow.states.shape == record.probe["flow_states"].shape
    # Another processor may round its products differently.
    for now, then in (
        (flow.states.numpy(), record.probe["flow_states"]),
        (flow.dropped.numpy(), record.probe["flow_dropped"]),
        (run.model.reconstruct(x).numpy(), record.probe["snapshot_outputs"][-1]),
        (run.model.encode(x).numpy(), record.probe["snapshot_codes"][-1]),
    ):
        np.testing.assert_allclose(now, then, rtol=1e-4, atol=1e-5)
    store = RunStore(tmp_path)
    again = store.record(store.save(unpack(pack(record))))
    assert again.spec == spec and again.history["cost"] == record.history["cost"]
    assert torch.equal(run_of(again).model.reconstruct(x), run.model.reconstruct(x))
    np.testing.assert_array_equal(record_of(run).probe["flow_states"], flow.states.float().numpy())


@pytest.mark.parametrize("name", ["single_layer", "two_layer"])
def test_its_spec_trains_the_same_run_again(name):
    record = unpack((BEFORE / f"{name}.autoencode").read_bytes())
    # What "variance" means in standard coordinates has changed since; the order itself is stored.
    run = train(record.spec.but(order=tuple(record.weights["order"].tolist())))
    np.testing.assert_allclose(run.history["cost"], record.history["cost"], rtol=1e-4)
    np.testing.assert_allclose(run.history["gradient_norm"], record.history["gradient_norm"], rtol=1e-3)
    assert set(run.history["substeps"]) == {1} and run.summary["ode_difference"] > 0


def test_errors_that_were_told_in_data_units_are_left_out(tmp_path):
    data = (BEFORE / "single_layer.autoencode").read_bytes()
    record = unpack(data)
    assert record.spec.coordinates == "standard" and record.summary["test_error"] is None
    assert (
        record.summary["train_error"] == record.history["train_error"][-1] == record.history["data_term"][-1]
    )
    assert np.isnan(record.history["test_error"]).all() and "train it again" in record.message
    assert unpack_summary(data).summary["test_error"] is None
    assert unpack(pack(record)).message == record.message
    assert unpack((BEFORE / "two_layer.autoencode").read_bytes()).summary["test_error"] > 0
    assert "–" in errors_line(record.spec, record.summary)
    # A classifier's errors are those of its code, whatever the coordinates.
    spec = RunSpec(dataset="moons", task="classify", coordinates="standard", bottleneck=1)
    told = replace(record, spec=spec, summary={**record.summary, "test_error": 0.5})
    assert files._in_flow_coordinates(told) is told


def test_a_study_is_of_residual_networks_too():
    study, records = unpack_study((BEFORE / "strip.study").read_bytes())
    assert len(study.outcomes) == len(records) == 4
    for spec in (study.spec, *(record.spec for record in records)):
        assert (spec.scheme, spec.substeps, spec.fidelity) == ("euler", 1, None)
    for outcome, record in zip(study.outcomes, records, strict=True):
        assert outcome.cost == record.history["cost"][-1]


def test_what_the_gallery_holds_loads():
    gallery = sorted((Path(__file__).parents[2] / "assets" / "gallery").glob("*.autoencode"))
    assert gallery
    for path in gallery:
        record = unpack(path.read_bytes())
        run = run_of(record)
        made = run.model.encode if record.spec.task == "classify" else run.model.reconstruct
        outputs = record.probe["snapshot_outputs"][-1]
        np.testing.assert_allclose(made(record.probe["inputs"]).numpy(), outputs, rtol=1e-3, atol=1e-3)
