#!/usr/bin/env python
"""Simulate a capped peptide in implicit solvent, starting from nothing but a sequence.

The heavy atoms of ACE-(sequence)-NME are placed by internal coordinates (ideal bond
lengths and angles, the phi/psi asked for), hydrogens are added by OpenMM's Modeller,
the structure is minimised and a Langevin trajectory at constant temperature is
written as XTC, with the topology beside it as PDB and the settings as JSON.  No input file is read.

Example (one 100 ns trajectory of alanine dipeptide from the alpha-L basin)::

    python simulate_peptide.py --sequence A --phi 55 --psi 45 --ns 100 \\
        --frame-ps 5 --seed 3 --out runs/ala2_3
"""

import argparse
import json
import os
import platform as host
import random
import sys
import time

import numpy as np
import openmm
from openmm import app, unit

# Bond lengths in Angstrom, angles in degrees (textbook peptide geometry).
BOND = {"N-CA": 1.458, "CA-C": 1.525, "C-N": 1.329, "C-O": 1.231, "CA-CB": 1.530}
ANGLE = {"N-CA-C": 111.0, "CA-C-N": 116.6, "C-N-CA": 121.7, "CA-C-O": 120.5, "N-CA-CB": 110.4}
RESNAME = {"A": "ALA", "G": "GLY"}


def place(a, b, c, length, angle, dihedral):
    """Position of d such that |cd|, angle(b, c, d) and dihedral(a, b, c, d) are as given."""
    angle, dihedral = np.radians([angle, dihedral])
    u = (c - b) / np.linalg.norm(c - b)
    n = np.cross(b - a, u)
    n /= np.linalg.norm(n)
    m = np.cross(n, u)
    local = length * np.array(
        [-np.cos(angle), np.sin(angle) * np.cos(dihedral), np.sin(angle) * np.sin(dihedral)]
    )
    return c + local[0] * u + local[1] * m + local[2] * n


def build_heavy_atoms(sequence, phi, psi):
    """Return (openmm Topology, positions in Angstrom) of the heavy atoms of ACE-sequence-NME."""
    topology = app.Topology()
    chain = topology.addChain("A")
    carbon, nitrogen, oxygen = (app.element.carbon, app.element.nitrogen, app.element.oxygen)
    xyz, number = [], 1

    def add(name, element, residue, position, bonded_to):
        atom = topology.addAtom(name, element, residue)
        xyz.append(np.asarray(position, float))
        if bonded_to is not None:
            topology.addBond(bonded_to, atom)
        return atom

    ace = topology.addResidue("ACE", chain, str(number))
    prev_ca = add("CH3", carbon, ace, (0.0, 0.0, 0.0), None)
    prev_c = add("C", carbon, ace, (BOND["CA-C"], 0.0, 0.0), prev_ca)
    t = np.radians(180.0 - ANGLE["CA-C-O"])
    p_o = xyz[prev_c.index] + BOND["C-O"] * np.array([np.cos(t), np.sin(t), 0.0])
    prev_o = add("O", oxygen, ace, p_o, prev_c)

    for letter in sequence:
        number += 1
        residue = topology.addResidue(RESNAME[letter], chain, str(number))
        p_ca0, p_c0, p_o0 = xyz[prev_ca.index], xyz[prev_c.index], xyz[prev_o.index]
        # N lies in the peptide plane, trans to O; omega = 180
        if number == 2:  # in the plane of the acetyl group, trans to nothing but opposite to O
            pending_n = place(p_o0, p_ca0, p_c0, BOND["C-N"], ANGLE["CA-C-N"], 180.0)
        p_n = pending_n
        n = add("N", nitrogen, residue, p_n, prev_c)
        p_ca = place(p_ca0, p_c0, p_n, BOND["N-CA"], ANGLE["C-N-CA"], 180.0)
        ca = add("CA", carbon, residue, p_ca, n)
        p_c = place(p_c0, p_n, p_ca, BOND["CA-C"], ANGLE["N-CA-C"], phi)
        if letter != "G":
            # L amino acid: CB sits at phi - 122.6 degrees around N-CA
            p_cb = place(p_c0, p_n, p_ca, BOND["CA-CB"], ANGLE["N-CA-CB"], phi - 122.6)
            add("CB", carbon, residue, p_cb, ca)
        c = add("C", carbon, residue, p_c, ca)
        pending_n = place(p_n, p_ca, p_c, BOND["C-N"], ANGLE["CA-C-N"], psi)
        p_o = place(p_n, p_ca, p_c, BOND["C-O"], ANGLE["CA-C-O"], psi + 180.0)
        prev_o = add("O", oxygen, residue, p_o, c)
        prev_ca, prev_c = ca, c

    nme = topology.addResidue("NME", chain, str(number + 1))
    n = add("N", nitrogen, nme, pending_n, prev_c)
    p = place(xyz[prev_ca.index], xyz[prev_c.index], pending_n, BOND["N-CA"], ANGLE["C-N-CA"], 180.0)
    add("C", carbon, nme, p, n)
    return topology, np.array(xyz)


def use_native_obc(system):
    """Replace the CustomGBForce that ``implicit/obc2.xml`` makes by the built-in GBSAOBCForce.

    Both are the same OBC-II model with the same radii (forces agree to 2e-7 relative);
    the built-in one is some 40 times faster on the Reference platform.
    """
    for index, force in enumerate(system.getForces()):
        if isinstance(force, openmm.CustomGBForce):
            native = openmm.GBSAOBCForce()
            native.setSolventDielectric(78.5)
            native.setNonbondedMethod(openmm.GBSAOBCForce.NoCutoff)
            for i in range(system.getNumParticles()):
                charge, offset_radius, scaled = force.getParticleParameters(i)[:3]
                native.addParticle(charge, offset_radius + 0.009, scaled / offset_radius)
            system.removeForce(index)
            system.addForce(native)
            return


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sequence", default="A", help="one-letter codes, A and G only (default A)")
    parser.add_argument("--phi", type=float, default=-80.0)
    parser.add_argument("--psi", type=float, default=150.0)
    parser.add_argument("--ns", type=float, default=1.0, help="length of production, ns")
    parser.add_argument("--equilibration-ps", type=float, default=20.0)
    parser.add_argument("--frame-ps", type=float, default=5.0, help="time between saved frames, ps")
    parser.add_argument("--timestep-fs", type=float, default=4.0)
    parser.add_argument("--hydrogen-mass", type=float, default=3.0, help="amu; 1.008 for no repartitioning")
    parser.add_argument("--temperature", type=float, default=300.0)
    parser.add_argument("--friction", type=float, default=1.0, help="1/ps")
    parser.add_argument("--forcefield", nargs="+", default=["amber14/protein.ff14SB.xml", "implicit/obc2.xml"])
    parser.add_argument("--platform", default="Reference")
    parser.add_argument("--threads", type=int, default=1, help="CPU platform only")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--max-minutes", type=float, default=1e9, help="stop after this wall-clock time")
    parser.add_argument("--out", required=True, help="prefix: PREFIX.xtc, PREFIX.pdb, PREFIX.json are written")
    args = parser.parse_args()

    started = time.time()
    random.seed(args.seed)  # Modeller.addHydrogens places hydrogens with Python's generator
    topology, heavy = build_heavy_atoms(args.sequence, args.phi, args.psi)
    forcefield = app.ForceField(*args.forcefield)
    modeller = app.Modeller(topology, heavy * unit.angstrom)
    modeller.addHydrogens(forcefield, platform=openmm.Platform.getPlatformByName("Reference"))
    system = forcefield.createSystem(
        modeller.topology,
        nonbondedMethod=app.NoCutoff,
        constraints=app.HBonds,
        hydrogenMass=args.hydrogen_mass * unit.amu,
        removeCMMotion=True,
    )
    if any("obc2" in name for name in args.forcefield):
        use_native_obc(system)
    integrator = openmm.LangevinMiddleIntegrator(
        args.temperature * unit.kelvin, args.friction / unit.picosecond, args.timestep_fs * unit.femtosecond
    )
    integrator.setConstraintTolerance(1e-6)
    integrator.setRandomNumberSeed(args.seed)
    platform = openmm.Platform.getPlatformByName(args.platform)
    properties = {"Threads": str(args.threads)} if args.platform == "CPU" else {}
    simulation = app.Simulation(modeller.topology, system, integrator, platform, properties)
    simulation.context.setPositions(modeller.positions)
    simulation.minimizeEnergy()

    os.makedirs(os.path.dirname(os.path.abspath(args.out)), exist_ok=True)
    with open(args.out + ".pdb", "w") as handle:
        state = simulation.context.getState(getPositions=True)
        app.PDBFile.writeFile(modeller.topology, state.getPositions(), handle)

    simulation.context.setVelocitiesToTemperature(args.temperature * unit.kelvin, args.seed)
    simulation.step(round(args.equilibration_ps * 1000 / args.timestep_fs))

    stride = round(args.frame_ps * 1000 / args.timestep_fs)
    if abs(stride * args.timestep_fs / 1000 - args.frame_ps) > 1e-9:
        parser.error("frame-ps must be a multiple of the time step")
    simulation.currentStep = 0
    simulation.context.setTime(0)
    simulation.reporters.append(app.XTCReporter(args.out + ".xtc", stride, enforcePeriodicBox=False))
    n_frames = round(args.ns * 1000 / args.frame_ps)
    done, chunk = 0, max(1, min(1000, n_frames))
    meta = {k.replace("-", "_"): v for k, v in vars(args).items() if k != "out"}
    meta.update(
        n_atoms=system.getNumParticles(), integrator="LangevinMiddleIntegrator", constraints="HBonds",
        nonbonded="NoCutoff", openmm=openmm.Platform.getOpenMMVersion(), numpy=np.__version__,
        python=host.python_version(), command=" ".join(sys.argv),
    )
    production = time.time()
    while done < n_frames and (time.time() - started) / 60 < args.max_minutes:
        step = min(chunk, n_frames - done)
        simulation.step(step * stride)
        done += step
        wall = time.time() - production
        meta.update(n_frames=done, ns_done=done * args.frame_ps / 1000, wall_s=round(wall, 1),
                    ns_per_hour=round(done * args.frame_ps / 1000 / wall * 3600, 2))
        with open(args.out + ".json", "w") as handle:
            json.dump(meta, handle, indent=1)
    print(args.out, meta["n_frames"], "frames", meta["ns_per_hour"], "ns/hour")


if __name__ == "__main__":
    main()
