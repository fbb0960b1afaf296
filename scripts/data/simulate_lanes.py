#!/usr/bin/env python
"""Many independent Langevin trajectories of one capped peptide at once, one per SIMD lane.

OpenMM makes the model (force field parameters, OBC-II solvent, starting structures);
``lanes.c`` beside this file, compiled at start, does the dynamics.  With 16 lanes it is
some 20-30 times faster per trajectory than OpenMM's Reference platform on one core.
``--check`` compares its energies and forces with OpenMM's and tests energy conservation.

Example (16 trajectories of 100 ns of alanine dipeptide, a frame every 5 ps)::

    python simulate_lanes.py --sequence A --ns 100 --frame-ps 5 --seed 2026 --out runs/ala2
"""

import argparse
import ctypes
import json
import os
import platform as host
import random
import subprocess
import sys
import tempfile
import time

import mdtraj
import numpy as np
import openmm
from mdtraj.formats import XTCTrajectoryFile
from openmm import app, unit
from simulate_peptide import build_heavy_atoms, use_native_obc

W = 16
HERE = os.path.dirname(os.path.abspath(__file__))
KB = 0.00831446261815324  # kJ/mol/K
# (phi, psi) from which lanes start, in turn: beta, alpha-R, alpha-L, polyproline II
BASINS = {"beta": (-140, 150), "alphaR": (-70, -40), "alphaL": (55, 45), "ppII": (-75, 150)}


def make_model(sequence, starts, forcefield_files, hydrogen_mass):
    """OpenMM topology, system and one minimised structure per (phi, psi) start (nm)."""
    reference = openmm.Platform.getPlatformByName("Reference")
    forcefield = app.ForceField(*forcefield_files)
    structures = []
    for phi, psi in starts:
        topology, heavy = build_heavy_atoms(sequence, phi, psi)
        modeller = app.Modeller(topology, heavy * unit.angstrom)
        modeller.addHydrogens(forcefield, platform=reference)
        system = forcefield.createSystem(
            modeller.topology, nonbondedMethod=app.NoCutoff, constraints=app.HBonds,
            hydrogenMass=hydrogen_mass * unit.amu, removeCMMotion=False,
        )
        use_native_obc(system)
        context = openmm.Context(system, openmm.VerletIntegrator(0.001), reference)
        context.setPositions(modeller.positions)
        openmm.LocalEnergyMinimizer.minimize(context, 5.0, 500)
        structures.append(context.getState(getPositions=True).getPositions(asNumpy=True)._value)
    return modeller.topology, system, np.array(structures)


class Lanes:
    """The compiled engine, loaded with one OpenMM System."""

    def __init__(self, system, flags=("-O3", "-march=native", "-mprefer-vector-width=512", "-ffast-math", "-fopenmp-simd")):
        folder = tempfile.mkdtemp()
        library = os.path.join(folder, "lanes.so")
        subprocess.run(["gcc", *flags, f"-DW={W}", "-shared", "-fPIC", "-o", library,
                        os.path.join(HERE, "lanes.c"), "-lm"], check=True)
        self.lib = ctypes.CDLL(library)
        self.n = n = system.getNumParticles()
        self.keep = []
        forces = {type(f).__name__: f for f in system.getForces()}
        known = {"HarmonicBondForce", "HarmonicAngleForce", "PeriodicTorsionForce", "NonbondedForce", "GBSAOBCForce"}
        if set(forces) != known:
            raise ValueError(f"cannot simulate {sorted(set(forces) ^ known)}")

        mass = [system.getParticleMass(i)._value for i in range(n)]
        gb = [[q._value for q in forces["GBSAOBCForce"].getParticleParameters(i)[:2]]
              + [forces["GBSAOBCForce"].getParticleParameters(i)[2]] for i in range(n)]
        charge = [g[0] for g in gb]
        offset = [g[1] - 0.009 for g in gb]
        scaled = [(g[1] - 0.009) * g[2] for g in gb]

        def table(force, count, getter, n_index):
            rows = [getter(i) for i in range(count)]
            rows = [[getattr(q, "_value", q) for q in row] for row in rows]
            return [r[:n_index] for r in rows], [r[n_index:] for r in rows]

        b = forces["HarmonicBondForce"]
        bonds = table(b, b.getNumBonds(), b.getBondParameters, 2)
        a = forces["HarmonicAngleForce"]
        angles = table(a, a.getNumAngles(), a.getAngleParameters, 3)
        t = forces["PeriodicTorsionForce"]
        torsions = table(t, t.getNumTorsions(), t.getTorsionParameters, 5)
        torsions = torsions[0], [[k, np.cos(d), np.sin(d)] for d, k in torsions[1]]
        constraints = [[getattr(q, "_value", q) for q in system.getConstraintParameters(i)]
                       for i in range(system.getNumConstraints())]

        nb = forces["NonbondedForce"]
        atom = np.array([[q._value for q in nb.getParticleParameters(i)] for i in range(n)])
        pairs = np.zeros((n, n, 3))
        pairs[..., 0] = 138.935485 * np.outer(atom[:, 0], atom[:, 0])
        pairs[..., 1] = (0.5 * (atom[:, None, 1] + atom[None, :, 1])) ** 2
        pairs[..., 2] = np.sqrt(np.outer(atom[:, 2], atom[:, 2]))
        for e in range(nb.getNumExceptions()):
            i, j, qq, sigma, eps = [getattr(q, "_value", q) for q in nb.getExceptionParameters(e)]
            pairs[i, j] = pairs[j, i] = 138.935485 * qq, sigma**2, eps

        def f32(values):
            self.keep.append(np.ascontiguousarray(np.asarray(values, np.float32).ravel()))
            return self.keep[-1].ctypes.data_as(ctypes.c_void_p)

        def i32(values):
            self.keep.append(np.ascontiguousarray(np.asarray(values, np.int32).ravel()))
            return self.keep[-1].ctypes.data_as(ctypes.c_void_p)

        self.lib.setup(
            n, f32(mass), f32(charge), f32(offset), f32(scaled),
            len(bonds[0]), i32(bonds[0]), f32(bonds[1]), len(angles[0]), i32(angles[0]), f32(angles[1]),
            len(torsions[0]), i32(torsions[0]), f32(torsions[1]),
            len(constraints), i32([c[:2] for c in constraints]), f32([c[2] for c in constraints]),
            f32(pairs[np.triu_indices(n, 1)]),
        )

    def set_lane(self, lane, temperature, seed):
        self.lib.set_lane(lane, ctypes.c_float(KB * temperature), ctypes.c_uint64(seed))

    def set_bias(self, atoms, k, phi0):
        k, phi0 = np.asarray(k, np.float32), np.asarray(phi0, np.float32)
        atoms = np.asarray(atoms, np.int32)
        self.lib.set_bias(*(q.ctypes.data_as(ctypes.c_void_p) for q in (atoms, k, phi0)))

    def _put(self, function, xyz):  # xyz: (lane, atom, 3)
        data = np.ascontiguousarray(np.moveaxis(np.asarray(xyz, np.float32), 0, -1))
        function(data.ctypes.data_as(ctypes.c_void_p))

    def _get(self, function, *more):
        data = np.empty((self.n, 3, W), np.float32)
        function(data.ctypes.data_as(ctypes.c_void_p), *more)
        return np.moveaxis(data, -1, 0).copy()

    positions = property(lambda s: s._get(s.lib.get_positions), lambda s, q: s._put(s.lib.set_positions, q))
    velocities = property(lambda s: s._get(s.lib.get_velocities), lambda s, q: s._put(s.lib.set_velocities, q))

    def evaluate(self):
        """(potential energies, forces) of all lanes."""
        self.lib.evaluate()
        energy = np.empty(W, np.float32)
        forces = self._get(self.lib.get_forces, energy.ctypes.data_as(ctypes.c_void_p))
        return energy, forces

    def thermalise(self):
        self.lib.thermalise()

    def run(self, steps, dt, friction, iterations=6):
        self.lib.run(ctypes.c_long(steps), ctypes.c_float(dt), ctypes.c_float(friction), iterations)


def check(lanes, system, args):
    """Compare energies and forces with OpenMM; energy drift, bond lengths, temperature."""
    lanes.thermalise()
    lanes.run(2000, 0.002, 10.0)
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference"))
    energy, forces = lanes.evaluate()
    worst_e = worst_f = 0.0
    for lane, xyz in enumerate(lanes.positions):
        context.setPositions(xyz.astype(float))
        state = context.getState(getEnergy=True, getForces=True)
        worst_e = max(worst_e, abs(state.getPotentialEnergy()._value - energy[lane]))
        reference = state.getForces(asNumpy=True)._value
        worst_f = max(worst_f, np.abs(reference - forces[lane]).max() / np.sqrt((reference**2).mean()))
    print(f"largest energy difference {worst_e:.2e} kJ/mol; largest force difference {worst_f:.2e} of the RMS force")
    mass = np.array([system.getParticleMass(i)._value for i in range(lanes.n)])
    dof = 3 * lanes.n - system.getNumConstraints()
    for dt in (0.001, 0.002, 0.004):
        total = []
        lanes.run(int(2 / dt), dt, 10.0)
        start = time.process_time()
        for _ in range(20):
            lanes.run(int(1 / dt), dt, 0.0)
            kinetic = 0.5 * (mass[:, None] * lanes.velocities**2).sum((1, 2))
            total.append(lanes.evaluate()[0] + kinetic)
        cost = (time.process_time() - start) / (20 * int(1 / dt) * W)
        drift = np.polyfit(np.arange(20) * 1e-3, np.array(total), 1)[0] / (dof * KB * args.temperature / 2)
        print(f"NVE dt {1000*dt:.0f} fs: drift {drift.mean():+.3f} +- {drift.std()/4:.3f} of kinetic energy per ns, "
              f"rms fluctuation {np.std(total, 0).mean():.3f} kJ/mol; {1e6*cost:.2f} us CPU per step and trajectory")
    worst = 0.0
    for c in range(system.getNumConstraints()):
        i, j, d = system.getConstraintParameters(c)
        r = np.linalg.norm(lanes.positions[:, i] - lanes.positions[:, j], axis=-1)
        worst = max(worst, np.abs(r / d._value - 1).max())
    print(f"largest relative constraint error {worst:.1e}")
    kin = []
    for _ in range(500):
        lanes.run(50, 0.001 * args.timestep_fs, args.friction)
        kin.append((mass[:, None] * lanes.velocities**2).sum((1, 2)) / (dof * KB))
    kin = np.array(kin)
    print(f"kinetic temperature (full-step velocities after the thermostat half) {kin.mean():.1f} K, dof {dof}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sequence", default="A", help="one-letter codes, A and G only (default A)")
    parser.add_argument("--basins", nargs="+", default=["beta", "alphaR", "alphaL", "ppII"], choices=list(BASINS))
    parser.add_argument("--ns", type=float, default=1.0, help="length of every trajectory, ns")
    parser.add_argument("--equilibration-ps", type=float, default=20.0)
    parser.add_argument("--frame-ps", type=float, default=5.0)
    parser.add_argument("--timestep-fs", type=float, default=4.0)
    parser.add_argument("--hydrogen-mass", type=float, default=3.0)
    parser.add_argument("--temperature", type=float, nargs="+", default=[300.0], help="one, or one per lane in turn")
    parser.add_argument("--friction", type=float, default=1.0, help="1/ps")
    parser.add_argument("--forcefield", nargs="+", default=["amber14/protein.ff14SB.xml", "implicit/obc2.xml"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep-lanes", type=int, default=W, help="write only the first so many trajectories")
    parser.add_argument("--dihedrals-only", action="store_true", help="write phi/psi as one NPZ, no XTC")
    parser.add_argument("--energies", action="store_true", help="also write potential energies as NPZ")
    parser.add_argument("--bias-k", type=float, nargs="+", help="kJ/mol: k (1 - cos(phi - phi0)) on the first phi")
    parser.add_argument("--bias-phi0", type=float, nargs="+", help="degrees, one per lane in turn")
    parser.add_argument("--max-minutes", type=float, default=1e9)
    parser.add_argument("--check", action="store_true", help="test the engine against OpenMM and stop")
    parser.add_argument("--out", help="prefix of the output files")
    args = parser.parse_args()

    random.seed(args.seed)  # Modeller.addHydrogens places hydrogens with Python's generator
    starts = [BASINS[name] for name in args.basins]
    topology, system, structures = make_model(args.sequence, starts, args.forcefield, args.hydrogen_mass)
    lanes = Lanes(system)
    lanes.positions = np.array([structures[lane % len(structures)] for lane in range(W)])
    temperature = [args.temperature[lane % len(args.temperature)] for lane in range(W)]
    for lane in range(W):
        lanes.set_lane(lane, temperature[lane], 1000003 * args.seed + lane)
    if args.check:
        args.temperature = args.temperature[0]
        return check(lanes, system, args)

    top = mdtraj.Topology.from_openmm(topology)
    phi = mdtraj.compute_phi(mdtraj.Trajectory(structures[:1], top))[0]
    psi = mdtraj.compute_psi(mdtraj.Trajectory(structures[:1], top))[0]
    if args.bias_k:
        k = [args.bias_k[lane % len(args.bias_k)] for lane in range(W)]
        phi0 = np.radians([args.bias_phi0[lane % len(args.bias_phi0)] for lane in range(W)])
        lanes.set_bias(phi[0], k, phi0)

    dt = args.timestep_fs / 1000
    stride = round(args.frame_ps / dt)
    if abs(stride * dt - args.frame_ps) > 1e-9:
        parser.error("frame-ps must be a multiple of the time step")
    os.makedirs(os.path.dirname(os.path.abspath(args.out)), exist_ok=True)
    with open(args.out + ".pdb", "w") as handle:
        app.PDBFile.writeFile(topology, structures[0] * unit.nanometer, handle)
    lanes.thermalise()
    lanes.run(int(args.equilibration_ps / dt), dt, args.friction)

    files = []
    if not args.dihedrals_only:
        files = [XTCTrajectoryFile(f"{args.out}-{lane:02d}.xtc", "w") for lane in range(args.keep_lanes)]
    angles, energies = [], []
    n_frames = round(args.ns * 1000 / args.frame_ps)
    started, done, block = time.time(), 0, []
    cpu = time.process_time()
    meta = {k: v for k, v in vars(args).items() if k not in ("out", "check", "max_minutes", "dihedrals_only")}
    meta.update(
        n_atoms=lanes.n, lanes=W, start_of_lane=[args.basins[lane % len(args.basins)] for lane in range(W)],
        integrator="LangevinMiddle splitting, own SIMD engine (lanes.c), single precision",
        constraints="bonds to H (SHAKE/RATTLE)", nonbonded="no cutoff", openmm=openmm.Platform.getOpenMMVersion(),
        mdtraj=mdtraj.__version__, numpy=np.__version__, python=host.python_version(), command=" ".join(sys.argv),
    )

    def flush():
        xyz = np.array(block)  # (frame, lane, atom, 3)
        block.clear()
        if args.dihedrals_only:
            flat = mdtraj.Trajectory(xyz.reshape(-1, lanes.n, 3), top)
            values = [mdtraj.compute_dihedrals(flat, q).reshape(len(xyz), W, -1) for q in (phi, psi)]
            angles.append(np.stack(values, -1).astype(np.float32))  # frame, lane, residue, (phi, psi)
        first = done - len(xyz) + 1
        times = (np.arange(first, done + 1) * args.frame_ps).astype(np.float32)
        for lane, handle in enumerate(files):
            handle.write(xyz[:, lane], time=times, step=np.arange(first, done + 1) * stride)
        meta.update(n_frames=done, ns_per_trajectory=done * args.frame_ps / 1000, cpu_s=round(time.process_time() - cpu, 1),
                    wall_s=round(time.time() - started, 1))
        with open(args.out + ".json", "w") as handle:
            json.dump(meta, handle, indent=1)

    while done < n_frames and (time.time() - started) / 60 < args.max_minutes:
        lanes.run(stride, dt, args.friction)
        block.append(lanes.positions)
        done += 1
        if args.energies:
            energies.append(lanes.evaluate()[0].copy())
        if len(block) == 1000:
            flush()
    if block:
        flush()
    for handle in files:
        handle.close()
    if args.dihedrals_only:
        values = np.moveaxis(np.concatenate(angles), 1, 0)  # lane, frame, residue, (phi, psi)
        np.savez_compressed(args.out + "-dihedrals.npz", dihedrals=np.round(values * 10000).astype(np.int16),
                            unit="1e-4 rad", frame_ps=args.frame_ps)
    if args.energies:
        np.savez_compressed(args.out + "-energies.npz", potential_energy=np.array(energies).T, unit="kJ/mol",
                            temperature=np.array(temperature), frame_ps=args.frame_ps)
    print(args.out, W, "x", meta["ns_per_trajectory"], "ns in", meta["wall_s"], "s wall,", meta["cpu_s"], "s CPU")


if __name__ == "__main__":
    main()
