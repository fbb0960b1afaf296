"""The command that puts several ensembles together. Nothing heavy is imported until it runs."""
from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mdexplore.base.errors import UserError

if TYPE_CHECKING:
    import numpy as np


@click.command(short_help="Put umbrella windows or temperatures together by MBAR or TRAM.")
@click.argument("bias", nargs=-1, required=True, metavar="FILE...")
@click.option("--kt", type=float, default=1.0, show_default=True, metavar="ENERGY", help="kT in the unit of the files, such as 2.494 for kJ/mol at 300 K; 1 where they are in kT.")
@click.option("--windows", metavar="N,N,...", help="Window of each file, counted from 0; by default file i is of window i.")
@click.option("--coordinate", multiple=True, metavar="FILE", help="Features that go with the frames, a file for each of the energies; the first column gets a free-energy profile.")
@click.option("--lagtime", type=click.IntRange(min=1), metavar="FRAMES", help="Use TRAM at this lag time, on microstates of the coordinates; without it, MBAR.")
@click.option("--clusters", type=click.IntRange(min=2), default=50, show_default=True, metavar="N", help="Microstates for TRAM.")
@click.option("--bins", type=click.IntRange(min=2), default=50, show_default=True, metavar="N", help="Bins of the profile.")
@click.option("-o", "--output", metavar="FOLDER", help="Write windows.csv, weights.csv and pictures there.")
def ensembles(bias: tuple[str, ...], kt: float, windows: str | None, coordinate: tuple[str, ...], lagtime: int | None, clusters: int, bins: int, output: str | None) -> None:
    """Put simulations in several ensembles together, from files of bias energies.

    Each file belongs to one trajectory (bias2 comes before bias10, however the shell lists them) and has a row for each frame and a column for each window: the energy of the bias of that window in that
    frame (.csv with a line of names, .npy, .npz, PLUMED COLVAR, plain tables).

    \b
    Example:
      mdexplore ensembles bias*.npy --kt 2.494
      mdexplore ensembles bias*.npy --coordinate 'phi*.npy' --lagtime 5 -o umbrella
    """
    from mdexplore.methods.ensembles.estimate import estimate_mbar, estimate_tram
    from mdexplore.methods.ensembles.inputs import read_ensembles

    data = read_ensembles(_found(bias), _windows(windows), kT=kt)
    values = _coordinates(coordinate, data.lengths)
    if lagtime is None:
        found = estimate_mbar(data)
    elif values is None:
        raise UserError("TRAM needs microstates.", "No coordinates were given.", "Add --coordinate FILE for each of the energies, or leave --lagtime out for MBAR.")
    else:
        found = estimate_tram(data, _microstates(values, clusters), lagtime)
    click.echo(repr(found).splitlines()[0].strip("<>"))
    for k, name in enumerate(found.names):
        click.echo(f"{name:>16}  {found.counts[k]:>8} frames  {found.free_energies[k]:10.3f} kT  overlap {found.weakest_links[k]:.2f}")
    for notice in found.notices:
        click.echo(str(notice), err=True)
    if output:
        _write(Path(output), found, values, bins)
        click.echo(f"Windows, weights and pictures are in {output}.")


def _found(patterns: tuple[str, ...]) -> list[str]:
    import glob

    from mdexplore.base.ordering import as_listed, natural

    return as_listed([file for pattern in patterns for file in (sorted(glob.glob(pattern), key=natural) or [pattern])])


def _windows(text: str | None) -> list[int] | None:
    if text is None:
        return None
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise UserError(f"{text!r} are no windows.", do="Write one whole number for each file, with commas between them.") from None


def _coordinates(files: tuple[str, ...], lengths: tuple[int, ...]) -> list[np.ndarray] | None:
    from mdexplore.data.frame_tables import read_columns
    from mdexplore.methods.experiment.observables import check_lengths

    if not files:
        return None
    arrays, _ = read_columns(_found(files))
    check_lengths("The coordinate", [len(a) for a in arrays], lengths)
    return arrays


def _microstates(values: list[np.ndarray], clusters: int) -> list[np.ndarray]:
    import numpy as np

    import mdexplore as mdx

    study = mdx.Study(values, projection="identity", clustering=mdx.settings.KMeans(n_clusters=clusters))
    return [np.asarray(d) for d in study.result("clustering").dtrajs]


def _write(folder: Path, found: Any, values: list[np.ndarray] | None, bins: int) -> None:
    from mdexplore.base import roots
    from mdexplore.base.writing import write_whole
    from mdexplore.figures import overlap, profile, window_energies

    roots.check_write(folder / "windows.csv")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"The folder {folder} cannot be made.", f"{error.strerror}.", "Choose another place with -o.") from error
    write_whole(folder / "windows.csv", lambda path: _table(path, ["window", "frames", "free energy / kT", "overlap"],
                                                            zip(found.names, found.counts, found.free_energies, found.weakest_links)))
    write_whole(folder / "weights.csv", lambda path: _table(path, ["trajectory", "frame", "weight"], ((i, k, w) for i, part in enumerate(found.weights) for k, w in enumerate(part))))
    pictures = {"overlap.png": overlap(found), "free-energies.png": window_energies(found)}
    if values is not None:
        first = [v[:, 0] for v in values]
        centres, energy = found.profile(first, bins)
        write_whole(folder / "profile.csv", lambda path: _table(path, ["coordinate", "free energy / kT"], zip(centres, energy)))
        pictures["profile.png"] = profile(found, first, bins=bins)
    for name, axes in pictures.items():
        write_whole(folder / name, axes.figure.savefig)


def _table(path: Path, names: list[str], rows: Any) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(names)
        table.writerows(rows)
