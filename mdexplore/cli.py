"""The command line: demo, app, report, export, ensembles, doctor. Nothing heavy is imported until a command needs it."""
from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

import mdexplore
from mdexplore.app.serve.options import server_options
from mdexplore.base.errors import UserError
from mdexplore.cli_ensembles import ensembles

Command = Callable[..., Any]


def run(args: Sequence[str] | None = None) -> int:
    """Run a command and give its exit code.

    Parameters
    ----------
    args : sequence of str, optional
        Without the name of the program; by default those of this process.

    Returns
    -------
    int
        0 done, 1 something is broken, 2 the user can mend it (said on standard error), 130 interrupted.
    """
    try:
        return main(args=args, prog_name="mdexplore", standalone_mode=False) or 0
    except UserError as error:
        from mdexplore.app.wording import error_in_options

        said = error_in_options(error)
        for part in filter(None, (said.what, said.why, said.do)):
            click.echo(part, err=True)
        return 2
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(mdexplore.__version__, prog_name="mdexplore")
def main() -> None:
    """Look at molecular dynamics trajectories and understand their slow motions.

    \b
    Example:
      mdexplore demo
      mdexplore app run*.xtc --top protein.pdb
      mdexplore app study.mdx
    """


def _data_options(command: Command) -> Command:
    """What every command that reads trajectories takes."""
    for decorate in reversed([
        click.argument("trajectories", nargs=-1, required=True, metavar="FILE..."),
        click.option("--top", metavar="FILE", help="Topology (PDB, GRO, PRMTOP ...), where the trajectories have none of their own."),
        click.option("--feature-files", multiple=True, metavar="FILE", help="Features that go with the structures frame by frame (.npy, .npz, PLUMED COLVAR), one for each "
                     "trajectory in the same order; a pattern, or given several times."),
        click.option("--stride", type=click.IntRange(min=1), default=1, show_default=True, metavar="N", help="Take every n-th frame."),
        click.option("--atoms", metavar="SELECTION", help="Atoms to read, as an mdtraj selection such as 'protein and not element H'."),
        click.option("--timestep", metavar="TIME", help="Time from frame to frame of the files, such as '20 ps'; by default what they say."),
        click.option("--resample", is_flag=True, help="Bring trajectories of different time steps to the shortest common one."),
        click.option("--make-whole", is_flag=True, help="Put molecules that are broken across the periodic box together."),
        click.option("--on-damage", type=click.Choice(["stop", "keep-good"]), default="stop", show_default=True,
                     help="Whether a damaged file is an error, or its sound frames before the damage are used."),
    ]):
        command = decorate(command)
    return command


def _page_options(command: Command) -> Command:
    for decorate in reversed([
        click.option("--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="Port on 127.0.0.1; by default any free one."),
        click.option("--browser/--no-browser", default=True, help="Open the address in a browser."),
        click.option("--theme", type=click.Choice(["light", "dark"]), default="light", show_default=True, help="Colours at the start."),
    ]):
        command = decorate(command)
    return command


def _study_options(command: Command) -> Command:
    for decorate in reversed([
        click.option("--features", multiple=True, metavar="NAME", help="Kind of features to measure, such as torsions; may be given several times."),
        click.option("--projection", default="tica", show_default=True, metavar="NAME", help="How slow coordinates are found; a wrong name lists what there is, here and below."),
        click.option("--clustering", default="kmeans", show_default=True, metavar="NAME", help="How frames become microstates."),
        click.option("--kinetics", default="msm", show_default=True, metavar="NAME", help="The kind of model."),
        click.option("--lagtime", metavar="TIME", help="Lag time, such as '0.5 ns' or '20 frames'; by default chosen from the data."),
        click.option("--states", type=click.IntRange(min=1), metavar="N", help="Number of metastable states; by default chosen from the data."),
        click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, metavar="N", help="Seed of everything random."),
        click.option("--scheduler", metavar="ADDRESS", help="A dask.distributed cluster to compute on, such as tcp://10.0.0.1:8786 (docs/cluster.md)."),
    ]):
        command = decorate(command)
    return command


@main.command()
@click.option("--example", default="alanine-dipeptide", show_default=True, metavar="NAME", help="A bundled molecule or model system; a wrong name lists them.")
@_page_options
@server_options
def demo(example: str, port: int, browser: bool, theme: str) -> None:
    """Show the app on a bundled molecule.

    Prints the address of the page, its token included. Ctrl-C stops it.

    \b
    Example:
      mdexplore demo
      mdexplore demo --example penta-alanine --theme dark
    """
    from mdexplore.app.serve.launch import serve

    if example != "alanine-dipeptide":
        _check_example(example)
    serve({"kind": "demo", "example": example, "folder": os.getcwd(), "theme": theme}, port=port, browser=browser, theme=theme)


@main.command(short_help="Show the app on data of your own, or on a saved study.")
@_data_options
@_study_options
@_page_options
@server_options
@click.pass_context
def app(context: click.Context, port: int, browser: bool, theme: str, **options: Any) -> None:
    """Show the app on trajectories, feature files or a saved study (.mdx) of your own.

    Prints the address of the page, its token included. Ctrl-C stops it.

    \b
    Example:
      mdexplore app run*.xtc --top protein.pdb
      mdexplore app run1.dcd run2.dcd --top protein.pdb --timestep '20 ps' --port 8866 --no-browser
      mdexplore app run*.xtc --top protein.pdb --feature-files 'colvar*.dat'
      mdexplore app study.mdx
    """
    from mdexplore.app.serve.launch import serve

    what = _request(context, options)
    if what["kind"] == "files":
        from mdexplore.data.headers import check_headers

        check_headers([*what["trajectories"], *what["feature_files"]], what["on_damage"], what["top"])
    serve({**what, "folder": os.getcwd(), "theme": theme}, port=port, browser=browser, theme=theme)


@main.command(short_help="Write one page with all figures and numbers.")
@_data_options
@_study_options
@click.option("-o", "--output", default="report.html", show_default=True, metavar="FILE", help="The page to write.")
@click.pass_context
def report(context: click.Context, output: str, **options: Any) -> None:
    """Write one self-contained page with all figures, numbers, settings and versions.

    \b
    Example:
      mdexplore report run*.xtc --top protein.pdb -o report.html
      mdexplore report run*.xtc --top protein.pdb --lagtime '1 ns' --states 4
      mdexplore report study.mdx -o report.html
    """
    target = Path(output)
    _check_page(target)
    _check_writable(target.parent)
    study = _study(_request(context, options))
    from mdexplore.figures.report import write_report

    target.parent.mkdir(parents=True, exist_ok=True)
    write_report(study, target)
    click.echo(f"{target} written.")


@main.command(short_help="Write structures of each metastable state, or a script.")
@_data_options
@_study_options
@click.option("--per-state", type=click.IntRange(min=1), default=50, show_default=True, metavar="N", help="At most so many structures of each state.")
@click.option("-o", "--output", metavar="FOLDER", help="The folder to write the structures into; made where it is missing.")
@click.option("--code", metavar="FILE", help="Write the analysis as a plain mdtraj and deeptime script.")
@click.pass_context
def export(context: click.Context, output: str | None, code: str | None, per_state: int, **options: Any) -> None:
    """Write structures of each state, drawn by stationary weight, with file, frame and time of each; or a script that gives the same numbers without mdexplore.

    \b
    Example:
      mdexplore export run*.xtc --top protein.pdb --states 4 --per-state 50 -o states
      mdexplore export study.mdx -o states
      mdexplore export study.mdx --code study.py
    """
    if not output and not code:
        raise UserError("There is nowhere to write to.", "Neither a folder nor a script was named.", "Add -o FOLDER for structures, or --code FILE for a script.")
    for place in filter(None, (output, code and str(Path(code).parent))):
        _check_writable(Path(place))
    study = _study(_request(context, options))
    if code:
        study.to_code(code)
        click.echo(f"{code} written.")
    if not output:
        return
    folder = Path(output)
    if not study.data.has_structures:
        raise UserError("There are no structures to write.", "These files hold features and no structures.", "Name the trajectories, and give the features by --feature-files.")
    study.save_structures(folder, per_state=per_state)
    click.echo(f"Structures of each state are in {folder}.")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(as_json: bool) -> int:
    """Say what would keep panels from drawing, and how to mend it.

    Exit code 1 means that something essential is broken.

    \b
    Example:
      mdexplore doctor
      mdexplore doctor --json
    """
    from mdexplore.app.doctor import examine

    findings = examine()
    if as_json:
        click.echo(json.dumps([vars(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            click.echo(str(finding))
    broken = sum(finding.level == "broken" for finding in findings)
    if not as_json:
        click.echo("Everything needed is there." if not broken else f"{broken} thing{'s' * (broken > 1)} must be mended first.")
    return 1 if broken else 0


main.add_command(ensembles)


def _check_example(name: str) -> None:
    known = list(mdexplore.examples())
    if name not in known:
        raise UserError(f"There is no example {name!r}.", do=f"Choose one of: {', '.join(known)}.")


def _check_writable(folder: Path) -> None:
    """Said before an hour of computing, not after it; folders that are missing are made when there is something to write."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    if not place.is_dir():
        raise UserError(f"Nothing can be written to {folder}.", f"{place} is not a folder.", "Choose another place with -o.")
    if not os.access(place, os.W_OK):
        raise UserError(f"Nothing can be written to {folder}.", f"{place} is not writable.", "Choose another place with -o.")


def _check_page(target: Path) -> None:
    if target.is_dir():
        raise UserError(f"{target} is a folder.", "The report is one page.", f"Name a file, such as -o {target / 'report.html'}.")


def _request(context: click.Context, options: dict[str, Any]) -> dict[str, Any]:
    """What the options ask for; those that were not typed leave a saved study as it is."""
    from mdexplore.app.request import request

    given = {name for name in options if context.get_parameter_source(name) is not ParameterSource.DEFAULT}
    return request(options, given)


def _study(asked: dict[str, Any]) -> Any:
    from mdexplore.app.request import study_of_request

    study = study_of_request(asked)
    for notice in study.data.report.notices:
        click.echo(str(notice), err=True)
    return study


if __name__ == "__main__":
    sys.exit(run())
