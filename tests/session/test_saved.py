"""A study in a file comes back as it was; a file that is not sound is refused and runs no code."""
from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import os
import pickle
import shutil
import zipfile

import numpy as np
import pytest

import mdexplore as mdx
from benchmarks.trust.forgeries import KINDS, edited, forge
from mdexplore.base.errors import UserError
from mdexplore.base.plain import decode, encode
from mdexplore.base.store import array_key
from mdexplore.data.examples import BUNDLED as EXAMPLES
from mdexplore.methods.recipe import STEPS
from mdexplore.methods.results import FoldScores
from mdexplore.session.arena import ArenaRow, Rules
from mdexplore.session.arena_kept import KeptArena, kept_arena, taken_up
from mdexplore.session.candidates import candidates_of
from mdexplore.session.experiment_jobs import Measurement, Measurements
from mdexplore.session.saved import open_with_view, save
from mdexplore.session.sealed import DAMAGED
from mdexplore.session.selection import Group, Selection
from mdexplore.session.sound import STEP_CLASSES, check_result
from mdexplore.session.view import View, check_view

BUNDLED = EXAMPLES / "alanine-dipeptide"


@pytest.fixture(scope="module")
def study():
    made = mdx.Study(mdx.example("two-state", n_frames=3000, n_trajectories=3), kinetics=mdx.settings.BayesianMSM(lagtime=2, n_samples=10), n_states=2, seed=3)
    made.timescales, made.chapman_kolmogorov  # noqa: B018
    return made


@pytest.fixture
def file(study, tmp_path):
    return study.save(tmp_path / "a.mdx")


def rewritten(file, changes, seal=True):
    """The file with some members replaced; a value of None leaves one out. Its check sums fit, as in a file that somebody made with care, unless told otherwise."""
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members = {name: content for name, content in {**members, **changes}.items() if content is not None}
    if seal:
        members["sums.json"] = json.dumps({n: hashlib.blake2b(_bytes(c), digest_size=16).hexdigest() for n, c in members.items() if n != "sums.json"})
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file


def _bytes(content):
    return content.encode() if isinstance(content, str) else content


def spec_of(file):
    with zipfile.ZipFile(file) as archive:
        return json.loads(archive.read("study.json"))


def test_a_study_comes_back_with_its_recipe_and_every_result(study, file, cache, monkeypatch):
    monkeypatch.setattr("mdexplore.session.computed.compute", lambda *a: pytest.fail("something was computed again"))
    found = mdx.open(file, data=study.data)
    assert found.recipe == study.recipe and found.lagtime == 2
    for step in ("features", "projection", "clustering", "timescales", "kinetics", "coarse", "chapman"):
        assert found.key(step) == study.key(step)
    np.testing.assert_array_equal(found.metastable.mfpt, study.metastable.mfpt)
    np.testing.assert_array_equal(found.timescales.values, study.timescales.values)
    np.testing.assert_array_equal(found.result("kinetics").samples, study.result("kinetics").samples)
    assert [a.tolist() for a in found.metastable.assignments] == [a.tolist() for a in study.metastable.assignments]


def test_a_study_of_files_finds_them_again_by_itself(tmp_path):
    made = mdx.Study(mdx.example("alanine-dipeptide"), lagtime="0.1 ns")
    made.timescales  # noqa: B018
    found = mdx.open(made.save(tmp_path / "a.mdx"))
    assert found.data == made.data and found.lagtime == 5 and found.data.frame(3, 7).n_atoms == 22


def test_a_file_holds_no_pickle_and_no_code(file):
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            assert name.endswith(".json") or (name.startswith("arrays/") and name.endswith(".npy"))
            if name.endswith(".npy"):
                np.load(io.BytesIO(archive.read(name)), allow_pickle=False)


def test_the_data_must_be_those_the_study_was_made_from(study, file):
    with pytest.raises(UserError, match="not the trajectories"):
        mdx.open(file, data=mdx.example("two-state", n_frames=3000, n_trajectories=2))


def test_a_file_that_is_cut_is_refused(study, file):
    whole = file.read_bytes()
    for share in (0.1, 0.5, 0.9, 0.999):
        file.write_bytes(whole[:int(share * len(whole))])
        with pytest.raises(UserError):
            mdx.open(file, data=study.data)


def test_flipped_bytes_are_refused_or_change_nothing(study, file):
    whole, random = file.read_bytes(), np.random.default_rng(1)
    for _ in range(40):
        damaged = bytearray(whole)
        for at in random.integers(0, len(whole), 20):
            damaged[at] ^= 1 << int(random.integers(8))
        file.write_bytes(bytes(damaged))
        try:
            found = mdx.open(file, data=study.data)
        except UserError:
            continue
        np.testing.assert_array_equal(found.metastable.mfpt, study.metastable.mfpt)


@pytest.mark.parametrize("content", [b"", b"not a study", b"PK\x03\x04"])
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / "b.mdx").write_bytes(content)
    with pytest.raises(UserError, match="not a saved study"):
        mdx.open(tmp_path / "b.mdx")
    with pytest.raises(UserError, match="There is no file"):
        mdx.open(tmp_path / "c.mdx")
    with pytest.raises(UserError):
        mdx.open(tmp_path)


def test_a_later_format_says_what_to_do(study, file):
    rewritten(file, {"study.json": json.dumps({**spec_of(file), "format": 99})})
    with pytest.raises(UserError, match="99"):
        mdx.open(file, data=study.data)


@pytest.mark.parametrize("change", [{"recipe": {}}, {"recipe": None}, {"results": []}, {"data": {}}, {"results": {"coarse": {"kind": "os.system"}}}])
def test_a_file_with_another_inside_is_refused(study, file, change):
    rewritten(file, {"study.json": json.dumps({**spec_of(file), **change})})
    with pytest.raises(UserError):
        mdx.open(file, data=study.data)


def test_a_pickle_in_place_of_an_array_is_not_loaded(study, file, tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    with zipfile.ZipFile(file) as archive:
        arrays = [n for n in archive.namelist() if n.endswith(".npy")]
    boxed = io.BytesIO()
    np.save(boxed, np.array([Bomb()], dtype=object), allow_pickle=True)
    for content in (pickle.dumps(Bomb()), boxed.getvalue()):
        with pytest.raises(UserError):
            mdx.open(rewritten(file, dict.fromkeys(arrays, content)), data=study.data)
    assert not (tmp_path / "ran").exists()


def test_names_that_lead_out_of_the_file_touch_nothing_outside(study, file, tmp_path):
    secret = tmp_path / "secret.npy"
    np.save(secret, np.arange(5))
    text = json.dumps(spec_of(file))
    with zipfile.ZipFile(file) as archive:
        first = next(n for n in archive.namelist() if n.endswith(".npy"))
    rewritten(file, {"study.json": text.replace(first, str(secret)), "../outside.npy": b"x", first: None})
    with pytest.raises(UserError):
        mdx.open(file, data=study.data)
    assert not (tmp_path.parent / "outside.npy").exists()


def test_a_file_that_would_fill_the_memory_is_refused_unread(study, file):
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("arrays/bomb.npy", "w") as bomb:
        for _ in range(600):
            bomb.write(bytes(1 << 20))
    with pytest.raises(UserError, match="unpack"):
        mdx.open(file, data=study.data)


def test_objects_of_the_users_are_never_written(study, tmp_path):
    from deeptime.decomposition import TICA

    with pytest.raises(UserError, match="object of your own"):
        study.change(projection=TICA(lagtime=2)).save(tmp_path / "own.mdx")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_said(study, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        study.save(tmp_path / "file" / "a.mdx")


def test_an_earlier_file_survives_a_failed_save(study, file, monkeypatch):
    before = file.read_bytes()
    monkeypatch.setattr("os.fsync", lambda descriptor: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(UserError, match="No space left"):
        study.save(file)
    assert file.read_bytes() == before and [p.name for p in file.parent.iterdir()] == [file.name]


@pytest.fixture(scope="module")
def alanine_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("old")
    for i in range(3):
        shutil.copy(BUNDLED / f"ala2-{i:02}.xtc", folder)
    shutil.copy(BUNDLED / "ala2.pdb", folder)
    return folder


def loaded(folder, pattern="*.xtc", **options):
    return mdx.load(str(folder / pattern), top=str(folder / "ala2.pdb"), **{"stride": 2, "atoms": "not element H", **options})


@pytest.fixture(scope="module")
def of_files(alanine_files):
    made = mdx.Study(loaded(alanine_files), lagtime=5, clustering=mdx.settings.KMeans(n_clusters=20))
    made.msm  # noqa: B018
    return made


def test_trajectories_that_were_moved_are_taken_with_all_results(of_files, alanine_files, tmp_path, monkeypatch):
    file = of_files.save(tmp_path / "a.mdx")
    shutil.copytree(alanine_files, tmp_path / "new")   # with another time of change
    os.utime(tmp_path / "new" / "ala2-00.xtc")
    moved = loaded(tmp_path / "new")
    assert moved.key != of_files.data.key
    monkeypatch.setattr("mdexplore.session.computed.compute", lambda *a: pytest.fail("something was computed again"))
    found = mdx.open(file, data=moved)
    assert found.data is moved and found.key("kinetics") != of_files.key("kinetics")
    np.testing.assert_array_equal(found.msm.transition_matrix, of_files.msm.transition_matrix)
    assert [f.shape for f in found.features] == [f.shape for f in of_files.features]


@pytest.mark.parametrize(("options", "what"), [
    ({"stride": 1}, "stride"), ({"atoms": "element C"}, "atoms"), ({"timestep_ns": 0.5}, "time step"), ({"pattern": "*-0[01].xtc"}, "content"),
])
def test_data_loaded_in_another_way_are_refused_with_what_differs(of_files, alanine_files, tmp_path, options, what):
    file = of_files.save(tmp_path / "a.mdx")
    with pytest.raises(UserError, match=f"not the trajectories(.|\n)*{what}"):
        mdx.open(file, data=loaded(alanine_files, **options))


def test_trajectories_in_another_order_are_refused(of_files, alanine_files, tmp_path):
    file = of_files.save(tmp_path / "a.mdx")
    turned = mdx.load([str(alanine_files / f"ala2-{i:02}.xtc") for i in (1, 0, 2)], top=str(alanine_files / "ala2.pdb"), stride=2, atoms="not element H")
    with pytest.raises(UserError, match="content"):
        mdx.open(file, data=turned)


def test_what_killed_saves_left_behind_goes_after_a_day(study, tmp_path):
    old, young, other = tmp_path / ".new-old.mdx", tmp_path / ".new-young.mdx", tmp_path / "old.mdx"
    for left in (old, young, other):
        left.write_bytes(b"cut")
    for left in (old, other):
        os.utime(left, (0, 0))
    study.save(tmp_path / "a.mdx")
    assert sorted(p.name for p in tmp_path.iterdir()) == [".new-young.mdx", "a.mdx", "old.mdx"]


def test_what_is_selected_named_and_shown_comes_back(study, tmp_path):
    mask = np.arange(study.data.n_frames) % 5 == 0
    view = View(Selection.of(mask, "projection", "lasso"), (Group("basin é", Selection.of(~mask), 3),), (2, 17), ((0,), (1,)), {"projection": {"x": "IC 1", "zoom": (0.0, 1.5)}})
    _, found = open_with_view(save(study, tmp_path / "a.mdx", view), study.data)
    np.testing.assert_array_equal(found.selection.mask, mask)
    assert (found.selection.how, found.groups[0].name, found.groups[0].color) == ("lasso", "basin é", 3)
    np.testing.assert_array_equal(found.groups[0].selection.mask, ~mask)
    assert (found.current, found.ends, found.panels) == ((2, 17), ((0,), (1,)), view.panels)


MEASURED = Measurements((Measurement("³J(HN,HA) é", 6.4, 0.5, "j-coupling", "4 6 8 14", unit="Hz"), Measurement("<b>", 0.27, 0.0, "noe", "1 3", is_used=False)), "values-*.csv")


def rich_view(study):
    """With measurements, an arena and an open drawer."""
    held, rules = np.linspace(1.1, 1.3, 5), Rules(2, 1)
    candidates = candidates_of(study, ["tica", {"projection": "vamp", "clustering": mdx.settings.KMeans(n_clusters=5)}])
    rows = {"TICA": ArenaRow(candidates[0], FoldScores(held, held - 1, held + 1, held, 1, 2, 1))}
    panels = {"experiment": {"measurements": MEASURED, "of": 1}, "drawer": {"open": "experiment"}, "arena": {"arena": kept_arena(study, candidates, rows, rules, {"folds": 5}), "is_folded": False}}
    return View(Selection.empty(study.data.n_frames), panels=panels)


def as_plain(view):
    return repr(encode(view, lambda array: array_key(array)))


def test_measurements_and_arena_come_back_as_they_were(study, tmp_path):
    view = rich_view(study)
    _, found = open_with_view(save(study, tmp_path / "a.mdx", view), study.data)
    assert found.panels["experiment"]["measurements"] == MEASURED
    assert as_plain(found) == as_plain(view)


@pytest.mark.parametrize("wrong", [
    None, (), [1], "x" * 100, {"rows": ()}, dataclasses.replace(MEASURED, rows=("a",)), dataclasses.replace(MEASURED, files=None), dataclasses.replace(MEASURED, files="x" * 5000),
    Measurements(MEASURED.rows * 300),
])
def test_what_is_no_measurement_in_a_view_is_refused(study, tmp_path, wrong):
    view = View(Selection.empty(study.data.n_frames), panels={"experiment": {"measurements": wrong}})
    with pytest.raises(UserError):
        mdx.open(save(study, tmp_path / "a.mdx", view), data=study.data)


def test_a_study_that_is_saved_again_keeps_its_view(study, tmp_path):
    found = mdx.open(save(study, tmp_path / "a.mdx", rich_view(study)), data=study.data)
    again = mdx.open(found.save(tmp_path / "b.mdx"), data=study.data)
    assert as_plain(again.view) == as_plain(rich_view(study))


def test_a_file_of_the_format_before_opens(study, tmp_path):
    file = save(study, tmp_path / "a.mdx", View(Selection.empty(study.data.n_frames), panels={"projection": {"x": "IC 1"}}))
    rewritten(file, {"study.json": json.dumps({**spec_of(file), "format": 2})})
    assert mdx.open(file, data=study.data).view.panels == {"projection": {"x": "IC 1"}}


@pytest.mark.parametrize("change", [{"current": (9, 0)}, {"current": (0, 10**7)}, {"ends": ((-1,), (0,))}, {"selection": Selection.empty(7)}])
def test_a_view_of_other_data_is_refused(study, tmp_path, change):
    view = dataclasses.replace(View(Selection.empty(study.data.n_frames)), **change)
    with pytest.raises(UserError, match="damaged"):
        mdx.open(save(study, tmp_path / "a.mdx", view), data=study.data)


def test_forged_files_are_refused_or_open_as_they_were(study, tmp_path):
    view = rich_view(study)
    file = save(study, tmp_path / "a.mdx", view)
    sound, mfpt = file.read_bytes(), study.metastable.mfpt
    for seed in range(4 * len(KINDS)):
        kind, forged = forge(sound, seed)
        file.write_bytes(forged)
        try:
            found = mdx.open(file, data=study.data)
        except UserError:
            continue
        if not kind.startswith("sealed"):
            np.testing.assert_array_equal(found.metastable.mfpt, mfpt)
            assert as_plain(found.view) == as_plain(view)


def test_forged_views_are_refused_or_can_be_taken_up(study):
    """As of a file whose check sums fit: what opens does not break the arena."""
    arrays, opened = {}, 0

    def put(array):
        arrays[f"{len(arrays)}"] = array
        return f"{len(arrays) - 1}"

    sound = json.dumps(encode(rich_view(study), put)).encode()
    for seed in range(400):
        try:
            view = decode(json.loads(edited(sound, np.random.default_rng(seed))), arrays.__getitem__)
            check_view(view, study.data.lengths)
        except (UserError, *DAMAGED):
            continue
        opened += 1
        kept = view.panels.get("arena", {}).get("arena", KeptArena())
        candidates, rows, said = taken_up(kept, study)
        assert len(rows) <= len(candidates) and isinstance(said, str)
    assert 10 < opened < 390


def test_a_number_that_was_changed_by_hand_is_noticed(study, file):
    spec = spec_of(file)
    spec["results"]["kinetics"]["fields"]["lagtime"] += 1
    rewritten(file, {"study.json": json.dumps(spec)}, seal=False)
    with pytest.raises(UserError, match="not what was written"):
        mdx.open(file, data=study.data)


def test_feature_arrays_are_in_the_file_for_a_cache_that_was_emptied(tmp_path, cache):
    walks = [np.cumsum(np.random.default_rng(k).normal(size=(400, 2)), axis=0) for k in range(2)]
    made = mdx.Study(walks, lagtime=2, n_states=2)
    made.msm  # noqa: B018
    file = made.save(tmp_path / "a.mdx")
    shutil.rmtree(cache)
    found = mdx.open(file)
    np.testing.assert_array_equal(found.features[1], walks[1])
    assert found.key("kinetics") == made.key("kinetics")


def test_models_of_a_pdb_file_are_converted_again_for_a_cache_that_was_emptied(alanine_files, tmp_path, cache):
    loaded(alanine_files).frames([(0, i) for i in range(0, 200, 10)]).save(str(tmp_path / "models.pdb"))
    made = mdx.Study(mdx.load(tmp_path / "models.pdb"), lagtime=1, clustering=mdx.settings.KMeans(n_clusters=3))
    made.projection  # noqa: B018
    file = made.save(tmp_path / "a.mdx")
    shutil.rmtree(cache)
    assert mdx.open(file).data.frame(0, 5).n_atoms == made.data.n_atoms


def test_a_trajectory_with_another_time_of_change_is_known_by_its_content(of_files, alanine_files, tmp_path):
    file = of_files.save(tmp_path / "a.mdx")
    before = (alanine_files / "ala2-01.xtc").stat()
    try:
        os.utime(alanine_files / "ala2-01.xtc", (0, 0))
        np.testing.assert_array_equal(mdx.open(file).msm.transition_matrix, of_files.msm.transition_matrix)
    finally:
        os.utime(alanine_files / "ala2-01.xtc", ns=(before.st_atime_ns, before.st_mtime_ns))


def test_a_trajectory_that_was_changed_inside_is_refused(tmp_path):
    shutil.copy(BUNDLED / "ala2.pdb", tmp_path)
    xyz = mdx.load(BUNDLED / "ala2-00.xtc", top=BUNDLED / "ala2.pdb").frames([(0, i) for i in range(100)])
    xyz.save(str(tmp_path / "a.dcd"))
    made = mdx.Study(mdx.load(tmp_path / "a.dcd", top=tmp_path / "ala2.pdb"), lagtime=1, clustering=mdx.settings.KMeans(n_clusters=3))
    made.projection  # noqa: B018
    file = made.save(tmp_path / "a.mdx")
    content = bytearray((tmp_path / "a.dcd").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "a.dcd").write_bytes(bytes(content))
    with pytest.raises(UserError, match="has changed since the study was saved"):
        mdx.open(file)


def test_sound_frames_of_a_damaged_file_are_found_again(tmp_path):
    content = (BUNDLED / "ala2-00.xtc").read_bytes()
    (tmp_path / "cut.xtc").write_bytes(content[:len(content) // 2])
    data = mdx.load(tmp_path / "cut.xtc", top=BUNDLED / "ala2.pdb", on_damage="keep-good", stride=3)
    made = mdx.Study(data, lagtime=1, clustering=mdx.settings.KMeans(n_clusters=3))
    made.projection  # noqa: B018
    found = mdx.open(made.save(tmp_path / "a.mdx"))
    assert found.data == data
    last = data.n_frames - 1
    np.testing.assert_array_equal(found.data.coordinates(0, last), data.coordinates(0, last))


@pytest.mark.parametrize("head", [b"{'descr': '<f8', 'fortran_order': False, 'shape': ((3,), }", b"{'descr': '<f8', ", b"'''", b"__import__('os')", b"[" * 4000])
def test_a_header_that_is_no_header_is_refused(study, file, head):
    with zipfile.ZipFile(file) as archive:
        first = next(n for n in archive.namelist() if n.endswith(".npy"))
    rewritten(file, {first: b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + bytes(24)})
    with pytest.raises(UserError, match="damaged"):
        mdx.open(file, data=study.data)


def test_the_result_of_every_step_can_be_checked():
    assert set(STEP_CLASSES) == set(STEPS)


@pytest.mark.parametrize("change", [{"journeys": np.zeros((3, 2), int)}, {"journeys": np.full((2, 2), 0.5)}, {"order": (0, 5)}, {"order": (1, 1)}, {"order": (0,)}])
def test_states_with_fields_that_do_not_fit_are_refused(study, change):
    with pytest.raises(TypeError):
        check_result("coarse", dataclasses.replace(study.metastable, **change), study.data)


def test_states_that_were_renumbered_are_sound(study):
    check_result("coarse", dataclasses.replace(study.metastable, order=(1, 0), journeys=None), study.data)


def test_a_mask_of_unresolved_timescales_must_be_that_of_the_values(study):
    found = study.timescales
    check_result("timescales", found, study.data)
    with pytest.raises(TypeError):
        check_result("timescales", dataclasses.replace(found, unresolved=found.unresolved[:, :0]), study.data)


def test_an_earlier_format_is_not_mended_by_an_update(study, file):
    rewritten(file, {"study.json": json.dumps({**spec_of(file), "format": 1})})
    with pytest.raises(UserError, match=r"another version(.|\n)*Make the study anew"):
        mdx.open(file, data=study.data)
