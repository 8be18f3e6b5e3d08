import numpy as np
import pytest
import tables
import torch

import autoencode_core as ac
from autoencode_core.data.coordinates import Coordinates


def test_a_row_holds_what_was_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "STEPS", 300)
    path = tables.write_table("iris", tmp_path)
    row = tables._row("iris", path, 2, 1, quick=True)
    run = ac.train(ac.RunSpec(dataset=str(path), bottleneck=2, seed=0, iterations=5))
    assert run.spec.tikhonov == row["weights"][0] and row["ours"] == [run.summary["test_error"]]
    train, test = run.data.source.train, run.data.source.test
    u = Coordinates.fit("correlation", train).to_flow(test)
    assert row["pca"][0] == pytest.approx(np.square(u[:, 2:]).sum(1).mean())
    assert len(row["mlp"]) == 1 and row["mlp"][0] > 0
    text = tables.words([row])
    assert f"| iris | 2 | {row['parameters']:.0f} |" in text


def test_the_mlps_side_by_side_learn_apart_from_each_other():
    """A parabola is learnt where it is trained on; the highest decay leaves next to nothing."""
    x = np.random.default_rng(0).uniform(-1, 1, (2, 100))
    parabola, line = np.stack([x[0], x[0] ** 2], 1), np.stack([x[1], 0 * x[1]], 1)
    parabola -= parabola.mean(0)
    mlps = tables.Mlps(2, 1, 100, sets=2, decays=len(tables.DECAYS))
    points = torch.as_tensor(np.stack([parabola, line])).float()
    with torch.enable_grad():
        mlps.train(points, torch.ones(2, 100), 1000)
    own, other = mlps.errors(0, parabola), mlps.errors(1, line)
    by_pca = np.linalg.eigvalsh(np.cov(parabola.T, bias=True))[0]
    assert min(own) < 0.1 * by_pca and min(other) < 0.01
    assert own[0] > 3 * by_pca
    assert sum(part[0].numel() for layer in mlps.layers for part in layer) <= 100
