"""The part of a script that finds slow coordinates and microstates."""
from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mdexplore.methods.clustering.kmeans import KMeans
from mdexplore.methods.clustering.regular_space import RegularSpace
from mdexplore.methods.projection.edmd import EDMD
from mdexplore.methods.projection.identity import Unprojected
from mdexplore.methods.projection.kernel_cca import KernelCCA
from mdexplore.methods.projection.kernel_edmd import KernelEDMD
from mdexplore.methods.projection.kvad import KVAD
from mdexplore.methods.projection.linear import noise_level
from mdexplore.methods.projection.tica import AS_SAMPLED, SCALINGS, TICA
from mdexplore.methods.projection.vamp import VAMP
from mdexplore.session.code.data import Parts, refuse
from mdexplore.session.code.functions import say_functions
from mdexplore.session.code.kernels import say_kernel
from mdexplore.session.code.text import comment, lines, matrix

if TYPE_CHECKING:
    from mdexplore.session.study import Study

WHY_NOT = ("TICA, VAMP, EDMD, kernel EDMD, kernel CCA, KVAD and the features as they are can be written. A network that is trained anew, even with the same seed, ends with other digits where "
           "torch, the processor or the number of threads differ, so a script could not promise the same numbers.")
MOST_NUMBERS = 100_000   # of centres that are written out: two megabytes of text


def say_projection(study: Study, parts: Parts) -> None:
    """``projection``: an array a trajectory, single precision as in the study."""
    settings, found = study.recipe.projection, study.result("projection")
    if isinstance(settings, Unprojected):
        parts.body += [f"projection = [x[:, :{found.dim}].astype(np.float32) for x in features]", ""]
        return
    if isinstance(settings, (VAMP, EDMD)):
        say_functions(settings, study, parts)
        return
    if isinstance(settings, (KernelEDMD, KernelCCA, KVAD)):
        say_kernel(settings, study, parts)
        return
    if not isinstance(settings, TICA):
        raise refuse(f"there is no script for the projection {found.title}", WHY_NOT, "Choose another projection for the script, or save the study, which holds what was learned.")
    if settings.sampling != AS_SAMPLED:
        raise refuse("there is no script for reweighted TICA", "Its weights are not written out.", f"Choose TICA {AS_SAMPLED}.")
    parts.imports.add("from deeptime.decomposition import TICA")
    parts.settings += [f"PROJECTION_LAG = {study.projection_lag}   # frames", comment("The sign of a coordinate is free; that of the feature that follows it most is made positive."),
                       lines("LEADING", np.abs(found.loadings).argmax(axis=0).tolist())]
    parts.functions["tica_of"] = f'''def tica_of(features):
    """Slow coordinates of features brought to unit variance, and what makes them: (x - mean) @ coefficients."""
    halves = [half for x in features if len(x) > PROJECTION_LAG for half in (x[:-PROJECTION_LAG], x[PROJECTION_LAG:])]
    both = np.concatenate(halves).astype(float)
    mean, scale = both.mean(axis=0), both.std(axis=0)
    changing = scale > {noise_level(study.features):.3g} * np.abs(mean)
    standard = [(x[:, changing] - mean[changing]) / scale[changing] for x in features if len(x) > PROJECTION_LAG]
    model = TICA(lagtime=PROJECTION_LAG, epsilon={settings.epsilon!r}, scaling={SCALINGS[settings.scaling]!r}).fit(standard).fetch_model()
    order = np.argsort(-model.singular_values, kind="stable")[:len(LEADING)]  # deeptime sorts by magnitude
    coefficients = np.zeros((len(mean), len(order)))
    coefficients[changing] = model.instantaneous_coefficients[:, order]
    loadings = np.zeros_like(coefficients)
    loadings[changing] = model.cov_00 @ coefficients[changing]
    coefficients *= np.sign(loadings[LEADING, range(len(LEADING))])
    coefficients[changing] /= scale[changing, None]
    return [((x.astype(float) - mean) @ coefficients).astype(np.float32) for x in features], model.singular_values[order]
'''
    parts.body += ["projection, eigenvalues = tica_of(features)", 'print("TICA eigenvalues", eigenvalues)', ""]
    parts.saved["tica_eigenvalues"] = "eigenvalues"


def say_clustering(study: Study, parts: Parts) -> None:
    """``dtrajs``: the microstate of every frame."""
    settings, found = study.recipe.clustering, study.result("clustering")
    parts.imports.add("from deeptime.clustering import ClusterModel")
    if isinstance(settings, RegularSpace) and settings.dmin is not None:
        _say_regular_space(settings, parts)
    elif isinstance(settings, (KMeans, RegularSpace)):
        if found.centers.size > MOST_NUMBERS:
            raise refuse(f"its {found.n_clusters} centres in {found.centers.shape[1]} dimensions are too many to be written out", f"A script holds at most {MOST_NUMBERS} numbers.",
                         "Use fewer microstates or coordinates, or regular space clustering with dmin.")
        why = ("k-means was begun at random frames, by a seeding and on a sample of frames that deeptime does not have, so its centres are written out"
               if isinstance(settings, KMeans) else "The least distance was found by trying, so the centres that it led to are written out")
        parts.settings += [comment(f"{why}, with all their digits. Microstates are numbered as here."), matrix("CENTERS", found.centers)]
        parts.body.append("centers = CENTERS")
    else:
        raise refuse(f"there is no script for the clustering {type(settings).__name__}", "Only k-means and regular space can be written.", "Choose one of these.")
    parts.body.append("dtrajs = [ClusterModel(centers).transform(x.astype(float)) for x in projection]")
    _say_borders(study, parts)
    parts.body += ['print(len(centers), "microstates")', ""]
    parts.saved["dtrajs"] = "np.concatenate(dtrajs)"


def _say_borders(study: Study, parts: Parts) -> None:
    """Frames that double precision would give to another microstate: we search in single precision."""
    from deeptime.clustering import ClusterModel

    found = study.result("clustering")
    model = ClusterModel(np.array(found.centers, float))
    ours = np.concatenate(found.dtrajs)
    frames = np.flatnonzero(np.concatenate([model.transform(np.array(x, float)) for x in study.projection]) != ours)
    if len(frames) > MOST_NUMBERS:
        raise refuse(f"{len(frames)} frames lie on borders of microstates", "Single precision and double precision give them to different ones.", "Use fewer microstates.")
    if len(frames):
        parts.settings += [comment("Frames, trajectories end to end, so near to a border that the single precision in which mdexplore searches decides; and their microstates."),
                           lines("BORDER_FRAMES", frames.tolist()), lines("BORDER_STATES", ours[frames].tolist())]
        parts.body += ["every = np.concatenate(dtrajs)", "every[BORDER_FRAMES] = BORDER_STATES", "dtrajs = np.split(every, np.cumsum([len(d) for d in dtrajs])[:-1])"]


def _say_regular_space(settings: RegularSpace, parts: Parts) -> None:
    parts.imports.add("from deeptime.clustering import RegularSpace")
    parts.body += [f"regular_space = RegularSpace(dmin={settings.dmin!r}, max_centers={settings.max_centers + 1}, n_jobs=1)",
                   "for x in projection:",
                   "    regular_space.partial_fit(x)",
                   "centers = np.unique(regular_space.fetch_model().cluster_centers.astype(float), axis=0)  # sorted by the first coordinate",
                   "seen = np.unique(np.concatenate([ClusterModel(centers).transform(x.astype(float)) for x in projection]))",
                   "centers = centers[seen]  # each with a frame of its own"]
