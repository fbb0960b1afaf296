"""The report: one HTML file with all figures, numbers, settings, notices and versions; it loads nothing from anywhere."""
from __future__ import annotations

import base64
import importlib.metadata
import io
import json
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mdexplore import __version__
from mdexplore.base.errors import UserError
from mdexplore.base.escaping import escape
from mdexplore.base.words import count_of
from mdexplore.base.writing import write_whole
from mdexplore.figures.chapman import chapman_kolmogorov
from mdexplore.figures.loadings import loadings
from mdexplore.figures.network import network
from mdexplore.figures.projection import projection
from mdexplore.figures.timescales import timescales
from mdexplore.figures.trace import trace
from mdexplore.methods.results.states import FEW
from mdexplore.session.study import Study

MOST_RESIDUES = 12   # whose names are listed
SEVERITY = {"error": "<b>No result.</b> ", "warning": "<b>May mislead.</b> ", "info": ""}
VERSIONS = ("deeptime", "mdtraj", "numpy", "scipy", "matplotlib")
CSS = """
body{font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;color:#1b2129;max-width:1080px;margin:32px auto;padding:0 24px}
h1{font-size:24px;margin:0}h2{font-size:17px;margin:40px 0 8px;border-top:1px solid #e2e5ea;padding-top:24px}p,li{max-width:75ch}.quiet{color:#68727f}
figure{margin:8px 0;display:inline-block;vertical-align:top}figcaption{font-size:13px;color:#566170;max-width:60ch}img{max-width:100%}
table{border-collapse:collapse;margin:8px 0;font-variant-numeric:tabular-nums}th,td{text-align:right;padding:4px 12px;border-bottom:1px solid #e2e5ea}th{font-weight:600}th:first-child,td:first-child,table.facts td{text-align:left}td:first-child{white-space:nowrap}table.facts td{vertical-align:top}
.warning{border-left:4px solid #c98a12;padding-left:12px}.error{border-left:4px solid #b3261e;padding-left:12px}.info{border-left:4px solid #cfd4dc;padding-left:12px}
pre{background:#f6f7f9;padding:12px;overflow:auto;font-size:12px}
"""


def write_report(study: Study, path: str | Path, *, title: str | None = None) -> Path:
    """Write the whole analysis as one self-contained page.

    Parameters
    ----------
    study : Study
    path : str or Path
        Such as ``"report.html"``.
    title : str
        By default the name of the data, how many trajectories there are, and how long they are together.

    Returns
    -------
    Path

    Raises
    ------
    UserError
        If a step cannot be computed, or the file cannot be written.
    """
    page = _page(study, title or _title(study))
    return write_whole(path, lambda target: target.write_text(page, encoding="utf-8"))


def _page(study: Study, title: str) -> str:
    sections = [("Data", _data(study)), ("Slow coordinates", _coordinates(study)), ("Timescales", _timescales(study)), ("States and exchange", _states(study)),
                ("Chapman–Kolmogorov test", _chapman(study)), ("What to know", _notices(study)), ("Settings and versions", _settings(study))]
    body = "".join(f"<section><h2>{escape(name)}</h2>{content}</section>" for name, content in sections)
    lead = f'<p class="quiet">{escape(_molecule(study.data))}{_many(study.data.n_frames)} frames; {escape(study.result("kinetics").title)} at a lag time of {study.data.unit.say(study.lagtime)}</p>'
    return (f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
            f"<style>{CSS}</style></head><body><h1>{escape(title)}</h1>{lead}{body}</body></html>\n")


def _title(study: Study) -> str:
    data = study.data
    together = f", {data.unit.say(data.n_frames)}" if data.timestep_ns is not None else ""
    return f"{data.name}: {count_of(data.n_trajectories, 'trajectory', 'trajectories')}{together}"


def _molecule(data: Any) -> str:
    """What the topology says: the residues of a small molecule, or how many there are."""
    if data.topology is None:
        return ""
    names = [residue.name for residue in data.topology.residues]
    return f"{'-'.join(names) if len(names) <= MOST_RESIDUES else count_of(len(names), 'residue')}; "


def _many(n: int) -> str:
    """A count, with thin spaces between thousands where it has five digits or more."""
    return f"{n:,}".replace(",", "\u2009" if n > 9999 else "")


def _data(study: Study) -> str:
    data = study.data
    step = "unknown; all times are in frames" if data.timestep_ns is None else data.unit.say(1)
    shortest, longest = data.unit.say(min(data.lengths)), data.unit.say(max(data.lengths))
    facts = [("trajectories", data.n_trajectories), ("frames", _many(data.n_frames)), ("length of a trajectory", shortest if shortest == longest else f"{shortest} to {longest}"),
             ("time step", step), ("atoms", _many(data.n_atoms) if data.n_atoms is not None else "none: features without structures"),
             ("features", f"{len(study.feature_names)}: {', '.join(study.feature_names[:8])}{', …' if len(study.feature_names) > 8 else ''}")]
    return _table([], facts)


def _coordinates(study: Study) -> str:
    made = study.result("projection")
    y = min(1, made.dim - 1)
    parts = [_figure(projection(study, 0, y, "free energy"), "Free energy of the Markov model, in kT above its minimum."),
             _figure(projection(study, 0, y, "states"), "Metastable states; strong colour means many frames.")]
    if made.loadings is not None:
        parts.append(_figure(loadings(study, 0), f"Features that follow {made.names[0]} most closely."))
    lag = "" if made.lagtime is None else f", lag time {study.data.unit.say(made.lagtime)}"
    text = f"<p>{escape(made.title)}{lag}, {made.dim} of {len(study.feature_names)} dimensions. {escape(_score(study))}</p>"
    return text + "".join(parts) + _figure(trace(study, 0), "The slowest coordinate of trajectory 0, coloured by state.")


def _score(study: Study) -> str:
    try:
        score = study.score()
    except UserError as error:
        return f"There is no held-out score. {error.what} {error.why}"
    return f"{score.say()}, {count_of(len(score.folds), 'fold')}; on its own data {float(np.mean(score.train)):.2f}."


def _timescales(study: Study) -> str:
    kinetics, unit, boot = study.result("kinetics"), study.data.unit, study.result("bootstrap")
    at = int(np.flatnonzero(boot.lagtimes == study.lagtime)[0])
    shown = min(kinetics.n_resolved, len(kinetics.timescales), boot.values.shape[1])
    rows = [(f"t{k + 2}", unit.say(kinetics.timescales[k]), _interval(unit, kinetics.timescales_lower[k], kinetics.timescales_upper[k]),
             _interval(unit, boot.lower[at, k], boot.upper[at, k])) for k in range(shown)]
    interval = study.result("timescales").interval
    is_other = boot.interval != interval   # TRAM has bars of one kind
    columns = ["process", "timescale", interval, *([boot.interval] if is_other else [])]
    table = _table(columns, [row[: len(columns)] for row in rows]) if rows else ""
    drawn = _figure(timescales(study), f"Implied timescales, {interval.removeprefix('95 %, ')}.")
    return table + _unresolved(kinetics, shown, unit) + drawn + (_figure(timescales(study, bootstrap=True), f"The same, {boot.interval}.") if is_other else "")


def _unresolved(kinetics: Any, shown: int, unit: Any) -> str:
    """Where the table ends, and why."""
    rest = kinetics.n_resolved - shown
    if rest > 0:
        return f"<p>{count_of(rest, 'more process is', 'more processes are')} slower than the lag time.</p>"
    if shown < len(kinetics.timescales) and np.isfinite(kinetics.timescales[shown]):
        which = "The next process" if shown else "The slowest process"
        return f"<p>{which}, {unit.say(kinetics.timescales[shown])}, is faster than the lag time of {unit.say(kinetics.lagtime)}: the model cannot tell how fast.</p>"
    return "" if shown else "<p>No process is slower than the lag time.</p>"


def _states(study: Study) -> str:
    coarse, unit = study.metastable, study.data.unit
    rows = [(f"state {k + 1}", f"{100 * coarse.populations[k]:.2f} %", f"{100 * coarse.lower[k]:.2f} to {100 * coarse.upper[k]:.2f} %",
             _many(int(sum((a == k).sum() for a in coarse.assignments))), int(coarse.passages[:, k].sum()), int(coarse.passages[k].sum())) for k in range(coarse.n_states)]
    tables = _table(["", "population", "95 %", "frames", "real entries", "real exits"], rows)
    seen = coarse.passages if coarse.journeys is None else coarse.journeys   # by way of other states too: what a first passage time rests on
    exchange = [(f"{i + 1} → {j + 1}", unit.say(coarse.mfpt[i, j]), _interval(unit, coarse.mfpt_lower[i, j], coarse.mfpt_upper[i, j]), *_rate(coarse, unit, i, j),
                 f"{int(seen[i, j])}{' (few)' if coarse.few_passages[i, j] else ''}")
                for i in range(coarse.n_states) for j in range(coarse.n_states) if i != j]
    if exchange:
        tables += _table(["", "mean first passage", "95 %", "rate per frame" if unit.timestep_ns is None else f"rate per {unit.name}", "95 %", "real first passages"], exchange)
        if coarse.few_passages.any():
            tables += f'<p class="quiet">(few): fewer than {escape(str(FEW))} passages were seen in the trajectories; the time is an extrapolation of the model, and its bar does not know that.</p>'
    return tables + _figure(network(study), "Populations and mean first passage times; the tables above have all 95 % intervals.")


def _rate(coarse: Any, unit: Any, i: int, j: int) -> tuple[str, str]:
    value, low, high = (1 / (a[i, j] * unit.scale) for a in (coarse.mfpt, coarse.mfpt_upper, coarse.mfpt_lower))
    return f"{value:.3g}", f"{low:.3g} to {high:.3g}"


def _chapman(study: Study) -> str:
    return f"<p>{escape(_sentence(study.chapman_kolmogorov.verdict))}</p>" + _figure(chapman_kolmogorov(study), "Lines: the model; dots and bands: models estimated at the longer lag times.")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _notices(study: Study) -> str:
    found = study.health
    if not found:
        return "<p>Nothing to report.</p>"
    return "".join(f'<p class="{n.level}">{SEVERITY[n.level]}{escape(n.text)} <span class="quiet">{escape(n.hint)}</span></p>' for n in sorted(found, key=lambda n: ("error", "warning", "info").index(n.level)))


def _settings(study: Study) -> str:
    files = [str(name) for name in study.data.names]
    shown = {"recipe": study.recipe.to_json(), "lag time of the projection": study.data.unit.say(study.projection_lag), "lag time of the kinetics": study.data.unit.say(study.lagtime),
             "microstates": study.result("clustering").n_clusters, "trajectories": files}
    versions = [("mdexplore", __version__), *((name, _version(name)) for name in VERSIONS), ("python", platform.python_version())]
    return f"<pre>{escape(json.dumps(shown, indent=1, ensure_ascii=False))}</pre>" + _table([], versions)


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed as a package"


def _interval(unit: Any, low: float, high: float) -> str:
    return "–" if not np.isfinite([low, high]).all() else f"{unit.say(low)} to {unit.say(high)}"


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    top = "" if not any(head) else "<tr>" + "".join(f"<th>{escape(h)}</th>" for h in head) + "</tr>"
    return ('<table class="facts">' if not head else "<table>") + top + "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows) + "</table>"


def _figure(ax: Any, caption: str) -> str:
    buffer = io.BytesIO()
    ax.figure.savefig(buffer, format="svg", metadata={"Date": None}, bbox_inches="tight")
    data = base64.b64encode(buffer.getvalue()).decode()
    return f'<figure><img alt="{escape(caption)}" src="data:image/svg+xml;base64,{data}"><figcaption>{escape(caption)}</figcaption></figure>'
