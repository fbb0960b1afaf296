"""Clusterings with known answers, and one of real data."""
import numpy as np
import pytest

from mdexplore.methods.results import Clustering


def clustering_of(*dtrajs, n_clusters=None):
    n = n_clusters or 1 + max(int(np.max(d)) for d in dtrajs)
    return Clustering(np.zeros((n, 1)), tuple(np.asarray(d, dtype=np.int32) for d in dtrajs))


@pytest.fixture(scope="session")
def clustered():
    """Makes a clustering of discrete trajectories."""
    return clustering_of


@pytest.fixture(scope="session")
def three_wells():
    """30 states on a line in three wells, exactly Markov; eight trajectories of 8000 frames, and the exact matrix."""
    n = 30
    x = np.linspace(0, 3, n, endpoint=False) + 0.05
    energy = 2.5 * (1 + np.cos(2 * np.pi * x)) / 2 + 0.4 * x
    matrix = np.zeros((n, n))
    for i in range(n):
        for j in (i - 1, i + 1):
            if 0 <= j < n:
                matrix[i, j] = 0.5 * min(1.0, np.exp(energy[i] - energy[j]))
        matrix[i, i] = 1 - matrix[i].sum()
    stationary = np.exp(-energy) / np.exp(-energy).sum()
    rng = np.random.default_rng(5)
    states = rng.choice(n, size=8, p=stationary)
    frames = np.empty((8000, 8), dtype=np.int32)
    up = np.append(np.diag(matrix, 1), 0)
    down = np.append(0, np.diag(matrix, -1))
    for t in range(8000):
        frames[t] = states
        draw = rng.random(8)
        states = states + (draw < up[states]) - (draw > 1 - down[states])
    return clustering_of(*frames.T.copy(), n_clusters=n), matrix, stationary


@pytest.fixture(scope="session")
def alanine():
    """The bundled alanine dipeptide: phi and psi, TICA and 100 k-means states, all by mdtraj and deeptime; a frame is 20 ps."""
    from importlib.resources import files

    import mdtraj as md
    from deeptime.clustering import KMeans
    from deeptime.decomposition import TICA

    folder = files("mdexplore") / "data" / "bundled" / "alanine-dipeptide"
    top = md.load_topology(str(folder / "ala2.pdb"))
    features = []
    for i in range(16):
        traj = md.load(str(folder / f"ala2-{i:02d}.xtc"), top=top)
        angles = np.hstack([md.compute_phi(traj, periodic=False)[1], md.compute_psi(traj, periodic=False)[1]])
        features.append(np.hstack([np.sin(angles), np.cos(angles)]).astype(float))
    tica = TICA(lagtime=1, dim=2).fit(features).fetch_model()
    slow = [tica.transform(f) for f in features]
    centers = KMeans(100, max_iter=15, tolerance=1e-2, fixed_seed=1, n_jobs=1).fit(np.concatenate(slow)[::4]).fetch_model()
    return Clustering(centers.cluster_centers, tuple(centers.transform(s).astype(np.int32) for s in slow))
