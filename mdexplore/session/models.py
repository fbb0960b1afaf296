"""The deeptime objects behind the slots of a study."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mdexplore.base.errors import UserError
from mdexplore.base.work.threads import single_threaded
from mdexplore.methods.recipe import Given

if TYPE_CHECKING:
    from mdexplore.session.study import Study


@single_threaded()
def model_of(study: Study, slot: str) -> Any:
    """The deeptime object of the projection, the clustering or the kinetics (of these the posterior where there is one).

    Raises
    ------
    UserError
        For any other slot, or a method that has none.
    """
    filled = getattr(study.recipe, slot, None)
    if slot == "projection":
        from mdexplore.methods.projection import custom, model

        if isinstance(filled, Given):
            return custom.fit_object(filled.value, study.result("features"), lagtime=study.projection_lag, timestep_ns=study.data.timestep_ns)
        return model.deeptime_model(study.result(slot))
    if slot == "clustering":
        from mdexplore.methods.clustering import custom as own
        from mdexplore.methods.clustering import states

        return own.fit_object(filled.value, study.result("projection")) if isinstance(filled, Given) else states.deeptime_model(study.result(slot))
    if slot == "kinetics":
        from mdexplore.methods.kinetics.model import deeptime_model as kinetic_model

        return kinetic_model(study.result(slot))
    raise UserError(f"There is no deeptime object behind {slot!r}.", do="Ask for projection, clustering or kinetics.")
