"""encode and reconstruct on the command line."""

import csv
import io
import json

import numpy as np
import pytest

from autoencode_core.cli import main
from autoencode_core.home import GALLERY
from autoencode_core.store.run_store import RunStore

FEW = ["--particles", "30", "--iterations", "3", "--depth", "4", "--tikhonov", "1e-3"]
QUICK = ["train", *FEW, "--dtype", "float64"]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with runs of a table and of moons."""
    folder = tmp_path_factory.mktemp("rows")
    rng = np.random.default_rng(0)
    lines = [
        f"{a:.4f},{b:.4f},{a * b:.4f},{'uv'[i % 2]}" for i, (a, b) in enumerate(rng.normal(size=(40, 2)))
    ]
    (folder / "mine.csv").write_text("\n".join(["a,b,c,label", *lines]) + "\n", encoding="utf-8")
    runs = ["--out", str(folder / "runs"), "--json"]
    assert main([*QUICK, "--dataset", str(folder / "mine.csv"), "--name", "mine", *runs]) == 0
    assert main([*QUICK, "--dataset", "moons", "--task", "classify", "--name", "classes", *runs]) == 0
    return folder


def called(home, *words):
    return main([*words, "--runs", str(home / "runs")])


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def model(home):
    store = RunStore(home / "runs")
    return store.load(next(entry.run_id for entry in store.list() if entry.name == "mine")).model


def test_encode_matches_columns_by_name(home, tmp_path, capsys):
    new = tmp_path / "new.csv"
    new.write_text("c;remark;a;b\n0.5;x;1.5;-0.5\n2;y;0;1\n90;z;1;-70\n", encoding="utf-8")
    out = tmp_path / "codes.csv"
    assert called(home, "encode", "mine", "--data", str(new), "--out", str(out)) == 0
    said = capsys.readouterr().out
    assert "1 of 3 rows is unusual" in said and f"Wrote 3 rows to {out}." in said and "remark" in said
    found = rows(out.read_text())
    assert [row["row"] for row in found] == ["2", "3", "4"]
    given = np.array([[1.5, -0.5, 0.5], [0, 1, 2], [1, -70, 90]])
    codes = [[float(row["z1"]), float(row["z2"])] for row in found]
    np.testing.assert_allclose(codes, model(home).encode(given).numpy())
    to_flow = model(home).coordinates.to_flow
    apart = ((to_flow(given) - to_flow(model(home).reconstruct(given).numpy())) ** 2).sum(axis=1)
    told = [float(row["squared distance (standard deviations²)"]) for row in found]
    np.testing.assert_allclose(told, apart)
    assert [row["unusual"] for row in found] == ["", "", "unusual"]


def test_reconstruct_and_encode_agree(home, tmp_path):
    new, out = tmp_path / "new.csv", tmp_path / "back.csv"
    new.write_text("a,b,c\n1.5,-0.5,0.5\n", encoding="utf-8")  # a single row
    assert called(home, "reconstruct", "mine", "--data", str(new), "--out", str(out)) == 0
    back = [float(rows(out.read_text())[0][name]) for name in "abc"]
    np.testing.assert_allclose(back, model(home).reconstruct([[1.5, -0.5, 0.5]]).numpy()[0])


def test_without_a_file_all_rows_of_the_run(home, tmp_path, capsys):
    out = tmp_path / "all.csv"
    assert called(home, "encode", "mine", "--out", str(out), "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["rows"] == 38 and said["file"] == str(out)  # 30 of 32 for training, 8 for testing
    found = rows(out.read_text())
    assert {row["label"] for row in found} == {"u", "v"}
    assert sum(row["part"] == "test" for row in found) == 8
    numbers = [int(row["row"]) for row in found]
    assert numbers == sorted(numbers) and numbers[0] >= 2 and numbers[-1] <= 41


def test_standard_output_holds_the_table_alone(home, capsysbinary):
    assert called(home, "encode", "mine", "--out", "-") == 0
    text = capsysbinary.readouterr().out.decode()
    assert text.startswith("row,part,label,z1,z2,") and len(rows(text)) == 38


def test_by_default_the_file_has_the_runs_name(home, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert called(home, "reconstruct", "mine") == 0
    assert len(list(tmp_path.glob("*-mine-k2-*-reconstruction.csv"))) == 1


def test_a_classifier_has_codes_but_nothing_comes_back(home, tmp_path, capsys):
    out = tmp_path / "codes.csv"
    assert called(home, "encode", "classes", "--out", str(out)) == 0
    assert list(rows(out.read_text())[0]) == ["row", "part", "label", "z1"]
    assert called(home, "reconstruct", "classes", "--out", str(out)) == 2
    assert "classify trains an encoder only" in capsys.readouterr().err


def idx(path, images):
    path.write_bytes(b"\0\0\x08\x03" + np.array(images.shape, ">i4").tobytes() + images.tobytes())
    return str(path)


def test_an_idx_file_of_images_is_read_too(home, tmp_path, capsys):
    grey = np.random.default_rng(0).integers(0, 256, (3, 8, 8), dtype=np.uint8)
    file, out = idx(tmp_path / "new-images-idx3-ubyte", grey), tmp_path / "codes.csv"
    assert called(home, "encode", "gallery-digits", "--data", file, "--out", str(out)) == 0
    assert "3 images of 64 pixels." in capsys.readouterr().out
    found = rows(out.read_text())
    model = RunStore(home / "runs", gallery=GALLERY).load("gallery-digits").model
    codes = [[float(row[f"z{j + 1}"]) for j in range(8)] for row in found]
    np.testing.assert_allclose(codes, model.encode(grey.reshape(3, 64) / 255).numpy(), atol=1e-5)
    assert [row["row"] for row in found] == ["1", "2", "3"]
    small = idx(tmp_path / "small-images-idx3-ubyte", grey[:, :4, :4].copy())
    assert called(home, "encode", "gallery-digits", "--data", small) == 2
    assert "images of 64 pixels, as the run was trained on" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words, said",
    [
        (["nobody"], "nobody"),
        (["mine", "--data", "nowhere.csv"], "nowhere.csv"),
        (["mine", "--data", "{short}"], "“b” and “c”, which the run was trained on"),
        (["mine", "--out", "{folder}/none/codes.csv"], "a folder that is there"),
        (["mine", "--out", "-", "--json"], "file = -"),
        (["gallery.regimes"], "a run, not a study"),
    ],
)
def test_what_cannot_be_done_is_said(home, tmp_path, capsys, words, said):
    short = tmp_path / "short.csv"
    short.write_text("a,d\n1,2\n2,3\n", encoding="utf-8")
    filled = [word.format(short=short, folder=tmp_path) for word in words]
    assert called(home, "encode", *filled) == 2
    error = capsys.readouterr().err
    assert said in error and error.startswith("error: ") and "Traceback" not in error
