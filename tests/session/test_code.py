"""A study written as a script gives the same numbers in a Python that has no mdexplore."""
from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import mdtraj as md
import numpy as np
import pytest
from deeptime.decomposition import TICA

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.data.examples import BUNDLED
from mdexplore.methods.experiment.observables import Observable
from mdexplore.session.code.augmented import RECONCILE
from mdexplore.session.experiment import augmented_study

S = mdx.settings
ALANINE, PENTA = BUNDLED / "alanine-dipeptide", BUNDLED / "penta-alanine"
RUN_ALL = """
import runpy, sys
sys.modules["mdexplore"] = None   # an import of it fails
for name in sys.argv[1:]:
    sys.argv = [name, name + ".npz"]
    runpy.run_path(name, run_name="__main__")
"""


def alanine(n=3, **options):
    return mdx.load([ALANINE / f"ala2-{k:02}.xtc" for k in range(9, 9 + n)], top=ALANINE / "ala2.pdb", **{"stride": 2, **options})


def penta(**options):
    return mdx.load(sorted(PENTA.glob("*.xtc"))[:2], top=next(PENTA.glob("*.pdb")), **{"stride": 2, **options})


def few(n=20):
    return S.KMeans(n_clusters=n)


def plain():
    return mdx.Study(alanine(stride=1, n=2), clustering=few(60), n_states=3)


def chosen_atoms_and_torsions():
    return mdx.Study(alanine(atoms="not element H"), features=S.Torsions(selection="name C N CA", omega=True), lagtime=2, clustering=few())


def distances_of_heavy_atoms(tmp_path):
    return mdx.Study(penta(), features=S.Distances(between="heavy", excluded_neighbours=3), projection=S.TICA(dim=3, scaling="kinetic map"), lagtime=5, clustering=few(), n_states=2)


def contacts_and_more():
    kinds = [S.Contacts(soft=True), S.Contacts(scheme="ca", cutoff_nm=0.7), S.Distances(), S.Distances(pairs=[(0, 20), (5, 40)])]
    return mdx.Study(penta(), features=kinds, lagtime="0.2 ns", clustering=few(), kinetics=S.BayesianMSM(n_samples=10), n_states=2, seed=4)


def positions_and_rmsd():
    kinds = [S.Positions(), S.Positions(selection="name N", superpose=False), S.RMSD(references=((0, 0), (1, 37)))]
    return mdx.Study(penta(), features=kinds, projection=S.TICA(dim=2, scaling="commute map"), lagtime=5, clustering=S.RegularSpace(dmin=4.0), n_states=2)


def features_as_they_are():
    return mdx.Study(alanine(), features=S.RMSD(), projection=S.Unprojected(dim=1), lagtime=5, clustering=S.RegularSpace(n_clusters=15), n_states=2)


def feature_files(tmp_path):
    names = []
    for k in range(3):
        walk = np.random.default_rng(k).normal(size=(1500, 3)).cumsum(axis=0) % 20
        table = np.column_stack([np.arange(1500) * 2.0, walk])
        names.append(tmp_path / f"colvar-{k}")
        np.savetxt(names[-1], table, header="! FIELDS time a b c", comments="#")
    return mdx.Study(mdx.load(names, stride=3), lagtime=1, clustering=few(30), n_states=2)


def packed_arrays(tmp_path):
    walks = {f"run {k}": np.random.default_rng(k).normal(size=(800, 2)).cumsum(axis=0) % 15 for k in range(2)}
    np.savez(tmp_path / "runs.npz", **walks)
    return mdx.Study(mdx.load(tmp_path / "runs.npz", timestep_ns=0.01), projection="identity", lagtime=1, clustering=few(30))


def structures_and_arrays(tmp_path):
    data = alanine()
    for k, values in enumerate(mdx.Study(alanine(stride=1), features="torsions").features):
        np.save(tmp_path / f"extra-{k}.npy", values[:, :3].astype(np.float64))
    with_arrays = mdx.load([t.file for t in data.tracks], top=ALANINE / "ala2.pdb", stride=2, features=[tmp_path / f"extra-{k}.npy" for k in range(3)])
    return mdx.Study(with_arrays, features=["identity", S.Torsions(psi=False)], lagtime=2, clustering=few())


def models_in_a_pdb(tmp_path):
    alanine().frames([(0, i) for i in range(0, 1500, 5)]).save(str(tmp_path / "models.pdb"))
    return mdx.Study(mdx.load(tmp_path / "models.pdb"), lagtime=1, clustering=few(8))


def different_time_steps(tmp_path):
    for k, step in enumerate((1, 2)):
        piece = md.load(str(ALANINE / "ala2-10.xtc"), top=str(ALANINE / "ala2.pdb"))[k * 2000:(k + 1) * 2000:step]
        piece.save(str(tmp_path / f"step-{step}.xtc"))
    return mdx.Study(mdx.load(sorted(tmp_path.glob("*.xtc")), top=ALANINE / "ala2.pdb", resample=True), lagtime=1, clustering=few())


def broken_molecules(tmp_path):
    whole = md.load(str(ALANINE / "ala2-10.xtc"), top=str(ALANINE / "ala2.pdb"))[:1000]
    whole.unitcell_lengths, whole.unitcell_angles = np.full((1000, 3), 2.5), np.full((1000, 3), 90.0)
    whole.xyz = (whole.xyz + np.linspace(0, 5, 1000)[:, None, None]) % 2.5
    whole.save(str(tmp_path / "broken.dcd"))
    return mdx.Study(mdx.load(tmp_path / "broken.dcd", top=ALANINE / "ala2.pdb", make_whole=True, atoms="not element H", timestep_ns=0.02), lagtime=1, clustering=few(10))


def states_that_kept_their_numbers():
    first = mdx.Study(alanine(), lagtime=1, clustering=few(), n_states=3)
    first.metastable  # noqa: B018
    return first.change(lagtime=4)


def vamp_of_earlier_frames():
    return mdx.Study(alanine(), projection=S.VAMP(dim=2, scaling="kinetic map"), lagtime=2, clustering=few())


def vamp_of_products_in_later_frames():
    return mdx.Study(alanine(), projection=S.VAMP(dim=3, degree=2, functions="later frames"), lagtime=2, clustering=few(), kinetics=S.BayesianMSM(n_samples=10))


def edmd_of_gaussians():
    return mdx.Study(alanine(), projection=S.EDMD(dim=2, n_functions=30), lagtime=2, clustering=few())


def edmd_of_waves():
    return mdx.Study(alanine(), projection=S.EDMD(dim=2, basis="waves", degree=2), lagtime=2, clustering=few())


def edmd_of_powers():
    return mdx.Study(alanine(), projection=S.EDMD(dim=2, basis="powers", degree=3), lagtime=2, clustering=few())


def hidden_states():
    return mdx.Study(alanine(), lagtime=2, clustering=few(), kinetics=S.HMM(n_states=2))


def hidden_states_sampled():
    return mdx.Study(penta(), lagtime=5, clustering=few(30), kinetics=S.BayesianHMM(n_states=2, n_samples=10), seed=3)


def kernel_edmd():
    return mdx.Study(alanine(), projection=S.KernelEDMD(dim=2), lagtime=2, clustering=few())


def kernel_cca():
    return mdx.Study(alanine(), projection=S.KernelCCA(dim=2, n_landmarks=100), lagtime=2, clustering=few())


def kvad_of_gaussians():
    return mdx.Study(alanine(), projection=S.KVAD(dim=2, n_functions=40), lagtime=2, clustering=few())


def kvad_of_powers():
    return mdx.Study(alanine(), projection=S.KVAD(dim=2, basis="powers", n_landmarks=50), lagtime=2, clustering=few())


def reweighted_by_koopman():
    return mdx.Study(alanine(), lagtime=2, clustering=few(), kinetics="koopman-msm")


def reweighted_by_operators():
    return mdx.Study(penta(), lagtime=5, clustering=few(30), kinetics="oom-msm")


def windows_put_together(tmp_path):
    """A double well: short walks without bias, and two in each of three umbrellas; energies in another unit."""
    plain = mdx.sampling.Potential(lambda x: 2.5 * (x[:, 0] ** 2 - 1) ** 2 + 0.4 * x[:, 0], ((-2.2, 2.2),), 1.0, 0.05, n_steps=25)
    values = list(mdx.sampling.walk(plain, np.linspace(-1.2, 1.2, 20)[:, None], 150, seed=1).frames[..., 0])
    centers = [-0.7, 0.0, 0.7]
    for k, c in enumerate(centers):
        values += list(mdx.sampling.walk(plain.biased(lambda x, c=c: 4 * (x[:, 0] - c) ** 2), np.full((2, 1), c), 900, seed=2 + k).frames[..., 0])
    for i, (x, energies) in enumerate(zip(values, mdx.ensembles.umbrella(values, centers, 8.0))):
        np.save(tmp_path / f"x-{i:02d}.npy", x[:, None])
        np.save(tmp_path / f"bias-{i:02d}.npy", 2.5 * np.column_stack([energies, np.zeros(len(x))]))
    return mdx.Study(mdx.load(sorted(tmp_path.glob("x-*.npy"))), features="identity", projection="identity", clustering=few(12), lagtime=3, n_states=2,
                     kinetics=S.Tram(bias=str(tmp_path / "bias-*.npy"), windows=[3] * 20 + [0, 0, 1, 1, 2, 2], kT=2.5, n_samples=0))


def measured_averages():
    plain = mdx.Study(alanine(), lagtime=2, clustering=few(), n_states=2)
    values = [(x[:, 0] > 0).astype(float) for x in plain.projection]
    twin = Observable("twin", tuple(x[:, 1].astype(float) for x in plain.projection), 0.1, np.inf)
    return augmented_study(plain, plain.augment([Observable("share", tuple(values), 0.3, 0.02), twin]))


HIDDEN = ["hidden_states", "hidden_states_sampled"]
CASES = [windows_put_together, measured_averages, reweighted_by_koopman, reweighted_by_operators, hidden_states, hidden_states_sampled, kernel_edmd, kernel_cca, kvad_of_gaussians, kvad_of_powers, vamp_of_earlier_frames, vamp_of_products_in_later_frames, edmd_of_gaussians, edmd_of_waves, edmd_of_powers,
         plain, chosen_atoms_and_torsions, distances_of_heavy_atoms, contacts_and_more, positions_and_rmsd, features_as_they_are, feature_files, packed_arrays, structures_and_arrays,
         models_in_a_pdb, different_time_steps, broken_molecules, states_that_kept_their_numbers]


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Each study with what its script has saved; one child process runs all scripts."""
    folder = tmp_path_factory.mktemp("scripts")
    studies = {}
    for case in CASES:
        own = folder / case.__name__
        own.mkdir()
        study = studies[case.__name__] = case(own) if case.__code__.co_argcount else case()
        study.to_code(folder / f"{case.__name__}.py")
    scripts = [f"{name}.py" for name in studies]
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", RUN_ALL, *scripts], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return {name: (study, np.load(folder / f"{name}.py.npz")) for name, study in studies.items()}, done.stdout


@pytest.mark.parametrize("case", [c.__name__ for c in CASES])
def test_a_script_gives_the_numbers_of_its_study(ran, case):
    study, found = ran[0][case]
    over, kinetics, states = study.result("timescales"), study.result("kinetics"), study.metastable
    np.testing.assert_array_equal(found["dtrajs"], np.concatenate(study.result("clustering").dtrajs))
    rows = np.isin(over.lagtimes, found["lagtimes"])
    assert np.isnan(over.values[~rows]).all()
    for name in ("values",) if case == "windows_put_together" else ("values", "lower", "upper"):
        saved = found["timescales" if name == "values" else f"timescales_{name}"]
        np.testing.assert_allclose(saved, getattr(over, name)[rows], rtol=1e-6)
    np.testing.assert_array_equal(found["active"], kinetics.active)
    np.testing.assert_allclose(found["transition_matrix"], kinetics.transition_matrix, rtol=1e-6, atol=1e-12)
    np.testing.assert_array_equal(found["states"], states.microstates[kinetics.active])
    np.testing.assert_allclose(found["populations"], states.populations, rtol=1e-6)
    np.testing.assert_allclose(found["mfpt"], states.mfpt, rtol=1e-6)


@pytest.mark.parametrize("case", HIDDEN)
def test_hidden_states_of_a_script_are_those_of_its_study(ran, case):
    study, found = ran[0][case]
    hidden = study.result("kinetics").hidden
    np.testing.assert_allclose(found["hidden_transition_matrix"], hidden.transition_matrix, rtol=1e-6)
    np.testing.assert_allclose(found["hidden_stationary"], hidden.stationary, rtol=1e-6)
    np.testing.assert_allclose(found["outputs"], hidden.outputs, rtol=1e-6, atol=1e-12)
    np.testing.assert_array_equal(found["hidden_paths"], np.concatenate(hidden.paths))


def test_bars_of_sampled_hidden_states_are_those_of_their_study(ran):
    study, found = ran[0]["hidden_states_sampled"]
    np.testing.assert_allclose(found["posterior_lower"], study.result("kinetics").timescales_lower, rtol=1e-6)
    np.testing.assert_allclose(found["posterior_upper"], study.result("kinetics").timescales_upper, rtol=1e-6)


def test_a_fit_that_hangs_on_its_last_digits_is_no_script(monkeypatch):
    monkeypatch.setattr("mdexplore.session.code.hidden._is_sure", lambda study, lag, n: False)
    with pytest.raises(UserError, match="hangs on the last digits"):
        hidden_states().to_code()


def test_lag_times_whose_fit_hangs_on_its_last_digits_are_left_out_and_named(monkeypatch):
    monkeypatch.setattr("mdexplore.session.code.hidden._is_sure", lambda study, lag, n: lag == 2)
    code = hidden_states().to_code()
    assert "LAGTIMES = [2]" in code and "Left out are the lag times [1" in code


def test_frames_that_single_precision_puts_elsewhere_are_written_out(ran):
    study, found = ran[0]["kernel_edmd"]
    assert "BORDER_FRAMES" in study.to_code()   # or the next line would be luck
    np.testing.assert_array_equal(found["dtrajs"], np.concatenate(study.result("clustering").dtrajs))


def test_windows_that_a_script_would_put_together_otherwise_are_refused(tmp_path):
    study = windows_put_together(tmp_path)
    tram = study.recipe.kinetics
    for i, w in enumerate([3] * 20 + [0, 0, 1, 1, 2, 2]):
        np.save(tmp_path / f"w-{i:02d}.npy", np.append(np.full(len(np.load(tmp_path / f"x-{i:02d}.npy")) - 1, w), 1)[:, None])
    with pytest.raises(UserError, match="windows change within its trajectories"):
        study.change(kinetics=tram.replace(windows=str(tmp_path / "w-*.npy"))).to_code()


def test_lag_times_that_deeptimes_tram_refuses_are_left_out_and_named(tmp_path):
    study = windows_put_together(tmp_path)
    for name in ("x", "bias"):
        np.save(tmp_path / f"{name}-19.npy", np.load(tmp_path / f"{name}-19.npy")[:9])
    short = study.on(mdx.load(sorted(tmp_path.glob("x-*.npy"))))
    code = short.change(kinetics=S.Tram(bias=study.recipe.kinetics.bias, windows=study.recipe.kinetics.windows, kT=2.5, n_samples=0)).to_code()
    assert "LAGTIMES = [1, 2, 3, 4, 5, 6, 8]" in code and "Left out are the lag times [10" in code
    with pytest.raises(UserError, match="at 12 frames trajectories are too short"):
        short.change(kinetics=S.Tram(lagtime=12, bias=study.recipe.kinetics.bias, windows=study.recipe.kinetics.windows, kT=2.5, n_samples=0)).to_code()


@pytest.mark.parametrize("name", ["vampnet", "tvae"])
def test_networks_are_refused_with_the_reason(name, monkeypatch):
    pytest.importorskip("torch")
    study = mdx.Study(alanine(), projection=name, lagtime=2, clustering=few())
    study.keep("projection", mdx.Study(alanine(), lagtime=2).result("projection"))   # nothing is trained
    with pytest.raises(UserError, match="trained anew"):
        study.to_code()


def test_posterior_intervals_of_a_script_are_those_of_its_study(ran):
    study, found = ran[0]["contacts_and_more"]
    kinetics = study.result("kinetics")
    np.testing.assert_allclose(found["posterior_lower"][:2], kinetics.timescales_lower[:2], rtol=1e-6)
    np.testing.assert_allclose(found["posterior_upper"][:2], kinetics.timescales_upper[:2], rtol=1e-6)


def test_a_script_prints_what_a_reader_looks_for(ran):
    assert "Implied timescales" in ran[1] and "Metastable states" in ran[1] and " ns (" in ran[1] and "posterior" in ran[1]
    assert "numbered from 0, state 1 of the app is 0 here" in ran[1]


def test_a_script_needs_no_mdexplore_and_names_its_sources():
    code = plain().to_code()
    compile(code, "script.py", "exec")
    assert "import mdexplore" not in code and "from mdexplore" not in code and "doi:10.1063/1.4811489" in code and "k-means was begun" in code


def test_side_chain_angles_are_asked_of_mdtraj():
    assert "md.compute_chi1(trajectory, periodic=False)" in mdx.Study(penta(), features=S.Torsions(chi=True), lagtime=5, clustering=few(), n_states=2).to_code()


def in_memory():
    return mdx.load(md.load(str(ALANINE / "ala2-00.xtc"), top=str(ALANINE / "ala2.pdb"))[:100])


@pytest.mark.parametrize(("make", "why"), [
    (lambda: mdx.Study(mdx.example("two-state", n_frames=500)), "model system"),
    (lambda: mdx.Study([np.random.default_rng(0).normal(size=(200, 2))]), "arrays in memory"),
    (lambda: mdx.Study(in_memory()), "objects in memory"),
    (lambda: mdx.Study(mdx.load(ALANINE / "ala2-00.xtc", top=md.load_topology(str(ALANINE / "ala2.pdb")))), "topology is an object"),
    (lambda: mdx.Study(alanine(), projection=TICA(lagtime=2)), "projection is an object of your own"),
])
def test_what_a_script_cannot_read_is_said(make, why):
    with pytest.raises(UserError, match=why) as caught:
        make().to_code()
    assert caught.value.do


def test_a_damaged_file_cannot_be_part_of_a_script(tmp_path):
    content = (ALANINE / "ala2-00.xtc").read_bytes()
    (tmp_path / "cut.xtc").write_bytes(content[:len(content) // 2])
    with pytest.raises(UserError, match="damaged"):
        mdx.Study(mdx.load(tmp_path / "cut.xtc", top=ALANINE / "ala2.pdb", on_damage="keep-good")).to_code()


def test_too_many_centres_are_not_written_out(monkeypatch):
    monkeypatch.setattr("mdexplore.session.code.projection.MOST_NUMBERS", 10)
    with pytest.raises(UserError, match="too many to be written out"):
        plain().to_code()


def test_a_saved_study_still_knows_its_files(tmp_path):
    made = plain()
    made.metastable  # noqa: B018
    assert mdx.open(made.save(tmp_path / "a.mdx")).to_code() == made.to_code()


@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.parametrize("error", [0.0, 1e-7])
def test_a_script_ends_with_a_message_where_no_model_meets_the_measurements(error):
    known = {"np": np, "ERRORS": np.array([error]), "MEASURED": np.array([5.0]), "MEANS": np.array([[0.0], [1.0]]), "active": np.arange(2)}
    exec(RECONCILE, known)
    msm = SimpleNamespace(count_model=SimpleNamespace(count_matrix=np.array([[90.0, 10.0], [10.0, 90.0]])), lagtime=1, stationary_distribution=np.array([0.5, 0.5]))
    with pytest.raises(SystemExit, match="No model meets"):
        known["reconciled"](msm)
