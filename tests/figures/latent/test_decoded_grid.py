"""The manifold sheet of an image run, and tables of single particles."""

from collections.abc import Callable

import numpy as np
import pytest

from autoencode_core.errors import InputError
from autoencode_core.figures.arrays import codes
from autoencode_core.figures.latent.decoded_grid import MOST_TILES, decoded_grid_figure
from autoencode_core.figures.run.particle_table import particle_table
from autoencode_core.figures.scenes.flow import exit_errors
from autoencode_core.store.record import RunRecord

Make = Callable[..., RunRecord]


def test_each_tile_stands_at_its_code(make: Make) -> None:
    record = make(64, k=2, depth=8)
    line = np.linspace(-2, 2, 5)
    z = np.stack(np.meshgrid(line, line), axis=-1)
    images = np.zeros((5, 5, 64))
    images[4, 0] = 1.0  # z₂ highest, z₁ lowest
    heat = decoded_grid_figure(record, {"places": z, "codes": z, "outputs": images}).data[0]
    x, y, picture = (np.asarray(heat[name], float) for name in ("x", "y", "z"))
    rows, columns = np.nonzero(np.nan_to_num(picture) == np.nanmax(picture))
    assert x[columns].mean() == pytest.approx(-2, abs=0.01) and y[rows].mean() == pytest.approx(2, abs=0.01)
    assert len(rows) == 64


def test_a_plane_of_many_numbers_is_not_called_the_sheet(make: Make) -> None:
    record, grid = make(64, k=8, depth=8), np.zeros((3, 3, 2))
    for numbers, title in ((2, "Manifold sheet"), (8, "A plane of codes, decoded")):
        answer = {"places": grid, "codes": np.zeros((3, 3, numbers)), "outputs": np.zeros((3, 3, 64))}
        figure = decoded_grid_figure(record, answer, names=("a", "b"))
        assert figure.layout.annotations[0].text == title and figure.layout.xaxis.title.text == "a"


def test_one_number_makes_a_row_and_many_codes_are_thinned(make: Make) -> None:
    record = make(64, k=1, depth=8)
    line = np.linspace(0, 1, 200)[:, None]
    answer = {"places": line, "codes": line, "outputs": np.zeros((200, 64))}
    heat = decoded_grid_figure(record, answer, dark=True).data[0]
    assert np.asarray(heat.z).shape == (8, MOST_TILES * 9 - 1)


def test_points_have_no_sheet_of_images(make: Make) -> None:
    with pytest.raises(InputError, match="images"):
        decoded_grid_figure(
            make(2), {"places": np.zeros((2, 1)), "codes": np.zeros((2, 1)), "outputs": np.zeros((2, 2))}
        )


def test_a_table_tells_input_code_output_and_error_of_the_picked(make: Make) -> None:
    record = make(2, k=1, classes=2)
    table = particle_table(record, [7, 3, 99, -1])
    assert table["particle"] == [7, 3] and table["class"] == ["class 0", "class 0"]
    np.testing.assert_allclose(table["squared error (data units²)"], exit_errors(record)[[7, 3]])
    np.testing.assert_allclose(table["z₁"], codes(record)[[7, 3], 0])
    np.testing.assert_allclose(table["input x₂"], record.probe["inputs"][[7, 3], 1])
    np.testing.assert_allclose(table["output x₁"], record.probe["snapshot_outputs"][-1][[7, 3], 0])
