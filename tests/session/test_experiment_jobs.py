"""Measurements of a session: read from tables, checked at the door, computed once for each frame, and made a model by a worker."""
from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np
import pytest
from running import opened, settled, until

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.base.typed import number_in
from mdexplore.methods.experiment import observables as of_methods
from mdexplore.methods.experiment.model import AugmentedModel
from mdexplore.session import experiment_jobs as jobs
from mdexplore.session.asking import Asker
from mdexplore.session.experiment_jobs import Measurement, frame_files, measurements_in, run_augment, stamps


@pytest.fixture(scope="module")
def study():
    return mdx.Study(mdx.example("two-state", n_frames=4000, n_trajectories=3), projection="identity", clustering=mdx.settings.KMeans(n_clusters=10), lagtime=5, n_states=2)


@pytest.fixture
def files(study, tmp_path):
    """The population of the upper state in each frame, one file a trajectory."""
    for i, values in enumerate(study.features):
        (tmp_path / f"values-{i}.csv").write_text("upper\n" + "\n".join(str(float(v)) for v in values[:, 0] > 0.5))
    return str(tmp_path / "values-*.csv")


def silent(*args): ...


def test_a_table_gives_its_rows(tmp_path):
    table = tmp_path / "measured.csv"
    table.write_text("name,measured,error,kind,atoms\nJ,6.1,0.5,j-coupling,4 6 8 14\nshift,8.2,0.3,,\n")
    assert measurements_in(str(table)) == (Measurement("J", 6.1, 0.5, "j-coupling", "4 6 8 14"), Measurement("shift", 8.2, 0.3))


@pytest.mark.parametrize(("row", "said"), [("J,six,0.5,noe", "not a number"), ("J,6,-1,noe", "no measurement"), ("J,inf,1,noe", "no measurement"), ("J,6,1,magic", "no kind")])
def test_what_is_no_measurement_is_refused(tmp_path, row, said):
    table = tmp_path / "measured.csv"
    table.write_text(f"name,measured,error,kind\n{row}\n")
    with pytest.raises(UserError, match=said):
        measurements_in(str(table))


@pytest.mark.parametrize("asked", [lambda text: number_in(text, "Error"), measurements_in, frame_files])
def test_texts_of_any_length_are_not_taken(asked):
    with pytest.raises(UserError, match="'text'"):
        asked("7" * 100_000)


def test_a_pattern_outside_the_data_root_tells_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("MDEXPLORE_DATA_ROOT", str(tmp_path))
    with pytest.raises(UserError, match="outside the data folder"):
        frame_files("/etc/pass*")


def test_a_worker_gives_what_a_script_gives(study, files):
    values = tuple((v[:, 0] > 0.5).astype(float) for v in study.features)
    wanted = study.augment([mdx.experiment.Observable("upper", values, 0.6, 0.02)])

    async def body():
        async with opened(study) as session:
            await until(session, lambda: "coarse" in session.results)
            asker = Asker(session, "experiment")
            asker.ask(0, "mdexplore.session.experiment_jobs:run_augment", session.study.spec(), (Measurement("upper", 0.6, 0.02),), stamps(frame_files(files)))
            await settled(session)
            assert asker.error is None
            return asker.found
    found = asyncio.run(body())
    assert found.after == pytest.approx(wanted.after)
    np.testing.assert_allclose(found.stationary, wanted.stationary)


def test_what_is_not_used_is_predicted_and_changes_nothing(study, files):
    stamped = stamps(frame_files(files))
    found = run_augment(study.spec(), (Measurement("upper", 0.6, 0.02, is_used=False),), stamped, progress=silent)
    np.testing.assert_allclose(found.stationary, found.stationary_before)
    assert found.measured[0] == 0.6


def test_another_error_does_not_compute_the_frames_again(study, files, monkeypatch):
    calls, stamped = [], stamps(frame_files(files))
    monkeypatch.setattr(jobs, "_known", {})
    monkeypatch.setattr(jobs, "observables_of", lambda *args: calls.append(args) or of_methods.observables_of(*args))
    first, second = (run_augment(study.spec(), (Measurement("upper", 0.6, error),), stamped, progress=silent) for error in (0.02, 0.0))
    assert len(calls) == 1
    assert second.after[0] == pytest.approx(0.6) and first.after[0] < 0.6


def test_the_error_of_an_noe_is_that_of_its_average():
    data = mdx.example("alanine-dipeptide")
    study = mdx.Study(data)
    made = jobs._observable(study, Measurement("H–H", 0.27, 0.01, "noe", "7 11"), ())
    wanted = mdx.experiment.noe(data, (7, 11), 0.27, 0.01)
    assert (made.measured, made.error) == pytest.approx((wanted.measured, wanted.error))


def test_a_formula_may_name_features_of_the_study_and_columns_of_files(study, files):
    name = study.feature_names[0]
    assert not Measurement("x", 1.0, 0.1, "formula", formula="phi(ALA2)").may_be_of_files
    both = Measurement("both", 0.6, 0.05, "formula", formula=f"2 * '{name}' + upper")
    assert both.may_be_of_files
    made = jobs._observable(study, both, stamps(frame_files(files)))
    np.testing.assert_allclose(made.values[0], 2 * study.features[0][:, 0] + (study.features[0][:, 0] > 0.5))
    with pytest.raises(UserError, match="nothing is called 'upper'"):
        run_augment(study.spec(), (both,), (), progress=silent)


def test_a_formula_with_commas_and_names_is_read_from_a_table_of_commas(tmp_path):
    table = tmp_path / "measured.csv"
    table.write_text("name,measured,error,kind,formula\nshift,4.3,0.2,formula,\"4.1 + 0.1 * 'cos psi ALA2' + distance(4, 'ALA2-CB')\"\n")
    (found,) = measurements_in(str(table))
    assert found.formula == "4.1 + 0.1 * 'cos psi ALA2' + distance(4, 'ALA2-CB')"


def test_a_formula_that_is_none_makes_no_measurement():
    with pytest.raises(UserError, match="no meaning in a formula"):
        Measurement("x", 1.0, 0.1, "formula", formula="().__class__")


def test_a_file_that_was_written_anew_is_read_anew(tmp_path):
    file = tmp_path / "values.csv"
    file.write_text("a\n1")
    before = stamps([str(file)])
    file.write_text("a\n1\n2")
    assert stamps([str(file)]) != before
    assert stamps(["gone.csv"]) == (("gone.csv", 0, 0),)


def test_the_augmented_model_fills_the_slot_of_the_kinetics(study, files):
    found = run_augment(study.spec(), (Measurement("upper", 0.6, 0.0),), stamps(frame_files(files)), progress=silent)
    model = AugmentedModel.of(found, study.result("clustering"))
    changed = study.change(kinetics=model)
    assert sorted(changed.metastable.populations) == pytest.approx([0.4, 0.6], abs=0.01)
    assert model.is_of(found)
    again = run_augment(changed.spec(), (Measurement("upper", 0.6, 0.0),), stamps(frame_files(files)), progress=silent)
    assert again.before == pytest.approx(found.before) and model.is_of(again)   # it is made of the counts, not of itself
    tiny = replace(found, measured=1e-12 * found.measured, state_means=1e-12 * found.state_means)   # in other units
    assert AugmentedModel.of(tiny, study.result("clustering")).is_of(tiny)
    for part in ("measured", "state_means"):
        assert not AugmentedModel.of(tiny, study.result("clustering")).is_of(replace(tiny, **{part: 2 * getattr(tiny, part)}))
