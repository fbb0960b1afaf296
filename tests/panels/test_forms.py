"""Forms say and read every kind of setting."""
from __future__ import annotations

from dataclasses import dataclass

import pytest

from mdexplore.base.errors import UserError
from mdexplore.base.installing import install_line
from mdexplore.base.units import TimeUnit
from mdexplore.methods.method import Lag, Settings, setting
from mdexplore.panels.forms import Form, method_menu, title


@dataclass(frozen=True)
class Everything(Settings):
    lagtime: Lag = setting(None, help="A lag.")
    dim: int = setting(4, low=1, high=50, help="How many.")
    cutoff_nm: float = setting(0.45, unit="nm", low=0.0)
    n_states: int | None = setting(None, low=1)
    scheme: str = setting("ca", choices=("ca", "closest-heavy"))
    soft: bool = setting(False)
    pairs: tuple | None = setting(None)


def form(**options):
    return Form(Everything, TimeUnit(0.02), first=("lagtime", "dim"), **options)


def test_a_form_reads_back_what_it_was_shown():
    made = form()
    for settings in (Everything(), Everything("0.5 ns", 2, 1.5, 3, "closest-heavy", True, ((0, 5), (3, 812)))):
        made.show(settings)
        assert Everything(**made.read()) == settings


def test_a_lag_in_frames_is_shown_as_a_time():
    made = form()
    made.show(Everything(lagtime=5))
    assert made.fields["lagtime"].widget.value == "100 ps"
    assert TimeUnit(0.02).parse(made.read()["lagtime"]) == 5


def test_an_empty_field_says_what_was_chosen():
    made = form()
    made.show(Everything())
    made.hint({"lagtime": "80 ps"})
    assert made.fields["lagtime"].widget.placeholder == "80 ps"
    assert made.read()["lagtime"] is None


@pytest.mark.parametrize(("name", "text"), [("dim", "many"), ("cutoff_nm", "far"), ("cutoff_nm", "1,234"), ("lagtime", "5.5"), ("lagtime", "5 parsecs"), ("pairs", "1,2")])
def test_what_cannot_be_read_is_said(name, text):
    made = form()
    made.show(Everything())
    made.fields[name].widget.value = text
    with pytest.raises(UserError):
        made.read()


def test_only_the_user_reports_a_change():
    told = []
    made = form(changed=lambda: told.append(1))
    made.show(Everything(dim=7))
    assert not told
    made.fields["dim"].widget.value = "3"
    assert told == [1]


def test_important_fields_stand_in_front():
    made = form()
    assert [f.description for f in made.front.children] == ["Lag time", "Dimensions"]
    assert len(made.rest.children) == 5


def test_labels_carry_their_unit():
    assert title("cutoff_nm") == "Cutoff / nm"
    assert title("cutoff_nm", "nm") == "Cutoff / nm"
    assert title("minimum_image") == "Minimum image"


def test_the_tip_holds_help_and_limits():
    assert form().fields["dim"].widget.tooltip == "How many. (1 to 50)"
    assert form().fields["cutoff_nm"].widget.tooltip == "(at least 0 nm)"


def test_a_menu_names_what_is_missing(monkeypatch):
    from mdexplore.methods import method

    missing = method.Method("projection", "net", Everything, print, requires=("no_such_module",), title="Net")
    monkeypatch.setitem(method._methods, ("projection", "net"), missing)
    menu = method_menu("projection", "Method", "tica")
    assert menu.value == "tica"
    assert menu.options[-1] == (f"Net – not installed: {install_line('no_such_module')}", "net")


def test_the_menu_of_models_says_which_take_the_data_as_sampled_and_which_reweight_them():
    menu = method_menu("kinetics", "Model", "msm")
    assert {"OOM reweighted MSM", "Koopman reweighted MSM"} <= {title for title, _ in menu.options}
    assert "As sampled" in menu.tooltip and "Reweighted" in menu.tooltip
