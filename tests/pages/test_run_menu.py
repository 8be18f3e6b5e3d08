"""Records of runs on pages: kept for the next look, and as the store has them."""

import pytest

from autoencode_core.errors import InputError
from pages.shared import setup
from pages.shared.run_menu import record_of


def test_a_renamed_run_has_its_new_name_and_a_deleted_one_is_gone(tmp_path, monkeypatch):
    monkeypatch.setenv("AUTOENCODE_RUNS", str(tmp_path))
    setup.store.clear()
    try:
        run_id = setup.store().save(setup.store().record("gallery-circle"))
        kept = record_of(run_id)
        assert record_of(run_id) is kept
        setup.store().rename(run_id, "A better name")
        assert record_of(run_id).name == "A better name"
        setup.store().delete(run_id)
        with pytest.raises(InputError):
            record_of(run_id)
    finally:
        setup.store.clear()
