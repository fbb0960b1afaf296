#!/usr/bin/env python
"""Reference numbers of a set of peptide trajectories with nothing but mdtraj and deeptime.

Features are sin/cos of all backbone phi and psi (or, with --features ca, the distances of all
CA pairs at least three apart).  Prints and stores as JSON: sizes, populations of Ramachandran regions with
errors over trajectories, core-to-core transitions of the slow phi>0 process, TICA timescales,
MSM timescales against lag time with Bayesian errors, PCCA+ memberships and a Chapman-Kolmogorov error.
With --plots writes PNG figures.
"""

import argparse
import glob
import json
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import functools
import operator

import deeptime
import mdtraj
import numpy as np
from deeptime.clustering import KMeans
from deeptime.decomposition import TICA
from deeptime.markov import TransitionCountEstimator
from deeptime.markov.msm import BayesianMSM, MaximumLikelihoodMSM


def block_error(values):
    values = np.asarray(values, float)
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else None


def core_transitions(phi):
    """Number of passages between the cores phi in (30, 100) and (-170, -40) degrees, and mean residence (frames)."""
    into = out = 0
    time = [0, 0]
    for p in phi:
        state = np.where((p > 30) & (p < 100), 1, np.where((p < -40) & (p > -170), 0, -1))
        known = np.where(state >= 0, np.arange(len(state)), 0)
        filled = state[np.maximum.accumulate(known)]
        filled = filled[filled >= 0]
        change = np.diff(filled)
        into += int((change == 1).sum())
        out += int((change == -1).sum())
        time[0] += int((filled == 0).sum())
        time[1] += int((filled == 1).sum())
    return into, out, time


def core_timescale(phi, dt, n_bootstrap=200, seed=0):
    """Two-state timescale 1/(k_in + k_out) from core-to-core counts, with bootstrap error over trajectories."""
    per = [core_transitions([p]) for p in phi]
    counts = np.array([[a, b, t[0], t[1]] for a, b, t in per], float)

    def value(rows):
        a, b, t0, t1 = rows.sum(0)
        return dt / (a / t0 + b / t1) if a and b else np.nan

    rng = np.random.default_rng(seed)
    boot = [value(counts[rng.integers(0, len(counts), len(counts))]) for _ in range(n_bootstrap)]
    return value(counts), float(np.nanstd(boot)), counts.sum(0)[:2].astype(int).tolist()


def count_matrix(dtrajs, lag, mode="sliding"):
    return TransitionCountEstimator(lag, mode).fit_fetch(dtrajs).submodel_largest()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trajectories", nargs="+")
    parser.add_argument("--top", required=True)
    parser.add_argument("--dt", type=float, help="ps between frames (default: from the file)")
    parser.add_argument("--stride", type=int, default=1)
    parser.add_argument("--features", choices=["torsions", "ca"], default="torsions")
    parser.add_argument("--tica-lag", type=int, required=True, help="frames")
    parser.add_argument("--tica-dim", type=int, default=2)
    parser.add_argument("--lags", type=int, nargs="+", required=True, help="MSM lag times, frames")
    parser.add_argument("--msm-lag", type=int, required=True)
    parser.add_argument("--clusters", type=int, default=100)
    parser.add_argument("--states", type=int, default=3)
    parser.add_argument("--samples", type=int, default=50)
    parser.add_argument("--n-timescales", type=int, default=4)
    parser.add_argument("--out", required=True, help="prefix of JSON (and PNG) output")
    parser.add_argument("--plots", action="store_true")
    args = parser.parse_args()

    files = sorted(functools.reduce(operator.iadd, (glob.glob(t) for t in args.trajectories), []))
    trajs = [mdtraj.load(f, top=args.top, stride=args.stride) for f in files]
    dt = (args.dt if args.dt else float(trajs[0].time[1] - trajs[0].time[0]) / args.stride) * args.stride
    R = dict(files=[os.path.basename(f) for f in files], n_trajectories=len(trajs),
             n_frames=[t.n_frames for t in trajs], n_atoms=trajs[0].n_atoms, n_residues=trajs[0].n_residues,
             frame_ps=dt, total_ns=sum(t.n_frames for t in trajs) * dt / 1000, features=args.features,
             deeptime=deeptime.__version__, mdtraj=mdtraj.__version__, numpy=np.__version__)
    phi = psi = None
    if args.features == "torsions":
        phi = [mdtraj.compute_phi(t)[1] for t in trajs]
        psi = [mdtraj.compute_psi(t)[1] for t in trajs]
        data = [np.concatenate([np.sin(a), np.cos(a), np.sin(b), np.cos(b)], 1) for a, b in zip(phi, psi)]
        phi = [np.degrees(p) for p in phi]
        psi = [np.degrees(p) for p in psi]
        R["n_torsions"] = [phi[0].shape[1], psi[0].shape[1]]
        regions = {}
        for r in range(phi[0].shape[1]):
            left = [((p[:, r] > 0) & (p[:, r] < 130)) for p in phi]
            right = [~n & (s[:, r] > -120) & (s[:, r] < 50) for n, s in zip(left, psi)]
            regions[r + 1] = {
                name: [float(np.concatenate(mask).mean()), block_error([m.mean() for m in mask])]
                for name, mask in (("phi>0", left), ("alphaR", right), ("beta+ppII", [~n & ~a for n, a in zip(left, right)]))
            }
            value, error, counts = core_timescale([p[:, r] for p in phi], dt)
            regions[r + 1]["phi>0 core passages in, out"] = counts
            regions[r + 1]["phi>0 two-state timescale ps"] = [value, error]
        R["residues"] = regions
    else:
        ca = trajs[0].topology.select("name CA")
        pairs = np.array([(i, j) for a, i in enumerate(ca) for j in ca[a + 3:]])
        data = [mdtraj.compute_distances(t, pairs, periodic=False) for t in trajs]
    data = [np.asarray(d, np.float64) for d in data]
    R["n_features"] = data[0].shape[1]

    R["tica_timescales_ps"] = {}
    for lag in sorted({*args.lags, args.tica_lag}):
        if lag < min(map(len, data)) // 2:
            model = TICA(lagtime=lag).fit_from_timeseries(data).fetch_model()
            R["tica_timescales_ps"][int(lag)] = (model.timescales(lagtime=lag)[: args.n_timescales] * dt).tolist()
    tica = TICA(lagtime=args.tica_lag, dim=args.tica_dim).fit_from_timeseries(data).fetch_model()
    projection = [tica.transform(d) for d in data]
    stride = max(1, sum(map(len, data)) // 50000)
    km = KMeans(args.clusters, fixed_seed=7, max_iter=100).fit(np.concatenate(projection)[::stride]).fetch_model()
    dtrajs = [km.transform(p) for p in projection]

    R["msm_timescales_ps"] = {}
    for lag in args.lags:
        counts = count_matrix(dtrajs, lag)
        msm = MaximumLikelihoodMSM().fit_fetch(counts)
        R["msm_timescales_ps"][int(lag)] = dict(
            timescales=(msm.timescales(k=args.n_timescales) * dt).tolist(),
            active_states=int(counts.n_states), counts_used=float(counts.selected_count_fraction))
        if args.samples and lag in (args.lags[0], args.msm_lag, args.lags[-1], args.lags[len(args.lags) // 2]):
            bayes = BayesianMSM(n_samples=args.samples).fit_fetch(count_matrix(dtrajs, lag, "effective"))
            ts = np.array([s.timescales(k=args.n_timescales) for s in bayes.samples]) * dt
            R["msm_timescales_ps"][int(lag)].update(
                bayes_mean=ts.mean(0).tolist(), bayes_std=ts.std(0).tolist())
    counts = count_matrix(dtrajs, args.msm_lag)
    msm = MaximumLikelihoodMSM().fit_fetch(counts)
    pcca = msm.pcca(args.states)
    R["msm_lag_frames"], R["pcca_states"] = args.msm_lag, args.states
    R["pcca_stationary"] = sorted(pcca.coarse_grained_stationary_probability.tolist())
    mfpt_sets = list(pcca.sets)
    R["pcca_mfpt_ps"] = [[0.0 if i == j else None if not len(mfpt_sets[i]) or not len(mfpt_sets[j]) else float(msm.mfpt(mfpt_sets[i], mfpt_sets[j]) * dt)
                          for j in range(args.states)] for i in range(args.states)]
    multiples = [k for k in (1, 2, 3, 5) if k * args.msm_lag < min(map(len, dtrajs)) // 3]
    models = [MaximumLikelihoodMSM().fit_fetch(count_matrix(dtrajs, k * args.msm_lag)) for k in multiples]
    if all(m.n_states == msm.n_states for m in models):
        ck = msm.ck_test(models, args.states)
        R["ck_largest_difference"] = float(np.abs(ck.predictions - ck.estimates).max())

    with open(args.out + ".json", "w") as handle:
        json.dump(R, handle, indent=1)

    if args.plots:
        import matplotlib
        matplotlib.use("Agg")
        import matplotlib.pyplot as plt

        if phi is not None:
            n = phi[0].shape[1]
            fig, axes = plt.subplots(1, n, figsize=(3.6 * n, 3.4), squeeze=False)
            for r, ax in enumerate(axes[0]):
                h, ex, ey = np.histogram2d(np.concatenate(phi)[:, r], np.concatenate(psi)[:, r], 90, [[-180, 180]] * 2)
                with np.errstate(divide="ignore"):
                    m = ax.pcolormesh(ex, ey, -np.log(h.T / h.max()), cmap="viridis", vmax=9)
                ax.set(xlabel="phi / deg", ylabel="psi / deg", title=f"residue {r + 1} (F / kT)")
                fig.colorbar(m, ax=ax)
            fig.tight_layout()
            fig.savefig(args.out + "-rama.png", dpi=90)
            plt.close(fig)
        fig, axes = plt.subplots(1, 2, figsize=(11, 4))
        lags = np.array(args.lags) * dt
        ts = np.array([R["msm_timescales_ps"][k]["timescales"] for k in args.lags])
        for k in range(ts.shape[1]):
            axes[0].plot(lags, ts[:, k], "o-", color=f"C{k}")
            for lag in args.lags:
                e = R["msm_timescales_ps"][lag]
                if "bayes_std" in e:
                    axes[0].errorbar(lag * dt, e["bayes_mean"][k], 2 * e["bayes_std"][k], color=f"C{k}", capsize=3, fmt="s")
        axes[0].fill_between(lags, lags, axes[0].get_ylim()[0], color="0.8")
        axes[0].set(xscale="log", yscale="log", xlabel="lag / ps", ylabel="implied timescale / ps")
        P = np.concatenate(projection)
        S = np.concatenate([np.where(np.isin(d, counts.state_symbols), d, -1) for d in dtrajs])
        lookup = np.full(args.clusters + 1, -1)
        lookup[counts.state_symbols] = pcca.assignments
        sub = slice(None, None, max(1, len(P) // 20000))
        if P.shape[1] > 1:
            axes[1].scatter(P[sub, 0], P[sub, 1], c=lookup[S[sub]], s=1, cmap="tab10")
        axes[1].set(xlabel="TIC 1", ylabel="TIC 2", title="PCCA+ states")
        fig.tight_layout()
        fig.savefig(args.out + "-msm.png", dpi=90)
        plt.close(fig)
        fig, ax = plt.subplots(figsize=(11, 2.6))
        y = np.concatenate([p[:, 0] for p in projection])
        ax.plot(np.arange(len(y)) * dt / 1000, y, lw=0.2)
        ax.set(xlabel="time / ns (trajectories joined)", ylabel="TIC 1")
        fig.tight_layout()
        fig.savefig(args.out + "-tic1.png", dpi=90)
        plt.close(fig)
    print(json.dumps({k: v for k, v in R.items() if k not in ("files", "n_frames")}, indent=None)[:6000])


if __name__ == "__main__":
    main()
