"""Save and load a real run, bit for bit."""

import numpy as np
import pytest
import torch
from problems import ACTIVATIONS, FIELDS, WAYS

import autoencode_core as ac
from autoencode_core.store.run_file import pack, unpack
from autoencode_core.training.records import record_of, run_of

SPECS = [
    {"dataset": "moons"},
    {"dataset": "s_curve", "coordinates": "standard", "order": "variance", "dtype": "float64"},
    {"dataset": "moons", "task": "classify", "bottleneck": 2},
    {"dataset": "moons", "task": "denoise", "coordinates": "raw", "order": "reversed"},
    {"dataset": "bimodal"},
]


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    "knobs",
    [
        *SPECS,
        *(
            {"dataset": "moons", "field": field, "scheme": scheme, "substeps": substeps, "fidelity": None}
            for field in FIELDS
            for scheme, substeps in WAYS
        ),
        *({"dataset": "s_curve", "activation": name, "iterations": 2} for name in ACTIVATIONS),
        {"dataset": "moons", "field": "leaky", "task": "classify", "bottleneck": 2},
        {"dataset": "moons", "scheme": "euler", "fidelity": 1e-3},
    ],
)
def test_a_run_comes_back_bit_for_bit(tmp_path, knobs):
    run = ac.train(ac.RunSpec(**{"particles": 60, "depth": 6, "iterations": 4, **knobs}))
    store = ac.RunStore(tmp_path)
    back = store.load(store.save(run))
    assert back.spec == run.spec and back.status == run.status and back.message == run.message
    for name, column in run.history.items():
        np.testing.assert_array_equal(back.history[name], column)
    assert back.summary == run.summary and back.model.architecture == run.model.architecture
    assert back.model.architecture.substeps == run.summary["substeps"]
    assert torch.equal(back.model.control.flatten(), run.model.control.flatten())
    x = run.data.test
    assert torch.equal(back.model.encode(x), run.model.encode(x))
    if run.spec.task != "classify":
        assert torch.equal(back.model.reconstruct(x), run.model.reconstruct(x))
    for part in ("train", "test", "train_targets", "test_targets"):
        assert torch.equal(getattr(back.data, part), getattr(run.data, part))
    assert back.label_names == run.label_names


def test_one_file_holds_all_of_it():
    run = ac.train(ac.RunSpec(dataset="moons", particles=60, depth=6, iterations=5))
    record = record_of(run)
    again = record_of(run_of(unpack(pack(record))))
    for key, array in record.probe.items():
        np.testing.assert_array_equal(again.probe[key], array)
    for key, array in record.weights.items():
        np.testing.assert_array_equal(again.weights[key], array)


def test_the_stored_flow_is_the_models(tmp_path):
    run = ac.train(ac.RunSpec(dataset="s_curve", particles=60, depth=6, iterations=5))
    record = record_of(run)
    flow = run.model.flow(record.probe["inputs"])
    np.testing.assert_array_equal(record.probe["flow_states"], flow.states.numpy())
    last = run.model.coordinates.to_data(record.probe["flow_states"][-1].astype(float))
    np.testing.assert_allclose(last, record.probe["snapshot_outputs"][-1], atol=1e-5)
