"""The same frames loaded otherwise: what a button beside a notice about the data does."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mdexplore.base.errors import UserError
from mdexplore.data import topology_files, travel
from mdexplore.data.examination import look_quickly, with_frames
from mdexplore.data.wholeness import Whole, whole

if TYPE_CHECKING:
    from mdexplore.data.dataset import Dataset


def mended(data: Dataset, **changes: Any) -> Dataset:
    """A data set of the same frames and atoms, with molecules put together across the periodic box or as the files have them.

    Parameters
    ----------
    data : Dataset
    **changes
        ``make_whole``: True or False, as of `mdexplore.load`.

    Returns
    -------
    Dataset
        With a report that tells what a few frames look like now; the one given where nothing changes.

    Raises
    ------
    UserError
        For any other change; if there are no structures, no bonds or no unit cell.
    """
    make_whole = changes.get("make_whole")
    if len(changes) != 1 or not isinstance(make_whole, bool):
        raise UserError("The data cannot be changed like this.", do="Say make_whole=True or False; load the data again for everything else.")
    if make_whole == data.is_made_whole:
        return data
    if not data.has_structures:
        raise UserError("Features have no atoms.", "The data hold arrays of features, so nothing can be made whole.", "Load trajectory files.")
    if make_whole and data.frame(0, 0).unitcell_lengths is None:
        raise UserError("Molecules cannot be made whole.", f"{data.names[0]} has no unit cell.", "Use them as they are.")
    made = type(data)(**{**travel.unpack(data.spec()), "whole": _how(data) if make_whole else None})
    made.report = with_frames(data.report, look_quickly(made), is_examined=False)
    return made


def _how(data: Dataset) -> Whole:
    """By the topology of the files, so that atoms which are not kept help; by the kept atoms' own bonds where that is not at hand."""
    if data.atoms is None:
        return whole(data.topology, None)
    if data.topology_file:
        full = topology_files.topology_of(data.topology_file)
        if full.n_atoms == data.n_atoms_of_files:
            return whole(full, data.atoms)
    return Whole(data.atoms, whole(data.topology, None).bonds, None)
