#!/usr/bin/env python
"""Cut the full output of simulate_lanes.py down to what is shipped: a stride, a length, fewer lanes.

Example::

    python make_shipped.py full/ala2 alanine-dipeptide/ala2 --stride 2
"""

import argparse
import glob
import json
import os
import shutil

import mdtraj
import numpy as np
from mdtraj.formats import XTCTrajectoryFile


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", help="prefix of the full output")
    parser.add_argument("target", help="prefix of the shipped files")
    parser.add_argument("--stride", type=int, default=1)
    parser.add_argument("--lanes", type=int, default=10**9)
    parser.add_argument("--frames", type=int, default=10**9, help="frames of every trajectory after the stride")
    parser.add_argument("--dihedrals", action="store_true", help="also store phi, psi of every full frame as NPZ")
    args = parser.parse_args()

    with open(args.source + ".json") as handle:
        meta = json.load(handle)
    top = mdtraj.load(args.source + ".pdb").topology
    os.makedirs(os.path.dirname(os.path.abspath(args.target)), exist_ok=True)
    shutil.copy(args.source + ".pdb", args.target + ".pdb")
    size, count, angles = 0, 0, []
    for path in sorted(glob.glob(args.source + "-[0-9][0-9].xtc"))[: args.lanes]:
        with XTCTrajectoryFile(path) as handle:
            xyz, time, step, _ = handle.read(n_frames=meta["n_frames"])
        assert len(xyz) == meta["n_frames"], path
        pick = slice(args.stride - 1, None, args.stride)
        target = args.target + path[-7:]
        with XTCTrajectoryFile(target, "w") as handle:
            handle.write(xyz[pick][: args.frames], time=time[pick][: args.frames], step=step[pick][: args.frames])
        count += len(xyz[pick][: args.frames])
        size += os.path.getsize(target)
        if args.dihedrals:
            trajectory = mdtraj.Trajectory(xyz, top)
            angles.append(np.stack([mdtraj.compute_phi(trajectory)[1], mdtraj.compute_psi(trajectory)[1]], -1))
    if args.dihedrals:
        np.savez_compressed(args.target + "-dihedrals.npz", phi_psi=np.round(np.array(angles) * 1e4).astype(np.int16),
                            unit="1e-4 rad; axes: trajectory, frame, residue, (phi, psi)", frame_ps=meta["frame_ps"])
    meta.update(shipped_stride=args.stride, shipped_frame_ps=meta["frame_ps"] * args.stride, shipped_frames=count)
    with open(args.target + ".json", "w") as handle:
        json.dump(meta, handle, indent=1)
    print(args.target, count, "frames", round(size / 1e6, 2), "MB")


if __name__ == "__main__":
    main()
