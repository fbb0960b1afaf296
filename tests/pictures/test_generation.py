"""What the generation panel draws."""
from __future__ import annotations

import mdtraj as md
import numpy as np

from mdexplore.methods.generation.checks import StructureChecks
from mdexplore.pictures.generation import WAYS, WORDS, generation_picture, how
from mdexplore.session.generating import BOLTZMANN, FLOW, LANDING, MADE, MEANS, Generation

FRAMES = np.array([[0, 1], [2, 3]])


def checks(bond=(1.0, 9.0), clash=(-0.5, 7.0)):
    return StructureChecks(np.array([0, 1]), np.array([0.03, 0.2]), np.array(bond), np.array([[0, 1], [1, 2]]), np.array(clash), np.array([[0, 2], [0, 2]]), 4.0, 6.0)


def topology():
    made = md.Topology()
    residue = made.add_residue("ALA", made.add_chain())
    for name in ("N", "CA", "C"):
        made.add_atom(name, md.element.carbon, residue)
    return made


def drawn(found, **more):
    return generation_picture(found, lambda t, f: f"{t}/{f}", [1, -1], (0, 4), **more)


def test_scores_stand_against_what_real_frames_reach():
    picture = drawn(Generation(FLOW, FRAMES, np.array([0.03, 0.2]), "nm", ("a", "b"), np.zeros((2, 3, 3)), checks()), topology=topology())
    sound, unsound = picture.items
    assert sound.text == "0.03 nm from it. Bonds off by 1 σ (real up to 4), closest contact 0.5 σ wider than usual (real up to 6)."
    assert unsound.text == "0.2 nm from it. Bonds off by 9 σ at ALA0-CA–ALA0-C (real up to 4), closest contact 7 σ nearer than usual at ALA0-N–ALA0-C (real up to 6)."
    assert (sound.is_doubtful, unsound.is_doubtful) == (False, True) and picture.said == "a b"


def test_rows_name_frame_and_state():
    first, second = drawn(Generation(MADE, FRAMES, np.array([0.5, 1.25]), "σ", ())).items
    assert (first.number, first.title, first.aside, first.color, first.text) == (1, "0/1", "state 2", 4, "0.5 σ from it.")
    assert (second.aside, second.color, second.text) == ("outside the model", -1, "1.25 σ from it.")


def test_points_of_a_model_system_have_a_place_and_an_energy():
    found = Generation(BOLTZMANN, FRAMES, np.array([0.012, 0.5]), "", (), points=np.array([[0.951, -1.2], [0, 1]]), energies=np.array([1.5, 2]))
    assert drawn(found).items[0].text == "Made at (0.951, −1.2), 0.012 from it; energy 1.5 kT."


def test_weights_are_said_and_drawn_as_bars():
    found = Generation(BOLTZMANN, FRAMES, np.array([0.1, 0.1]), "", (), points=np.zeros((2, 2)), energies=np.zeros(2), weights=np.array([3.0, 0.75]))
    first, second = drawn(found).items
    assert first.text.endswith("Weight 3 × the mean.") and (first.share, second.share) == (1.0, 0.25)
    assert np.isnan(drawn(Generation(MADE, FRAMES, np.zeros(2), "", ())).items[0].share)


def test_drawn_frames_are_their_own_nearest():
    found = Generation(LANDING, FRAMES, np.zeros(2), "", ())
    assert drawn(found).items[0].text == "" and how(found) == "2 frames in which a state lands"
    assert how(Generation(MADE, FRAMES, np.zeros(2), "", ())) == "real frames nearest to 2 generated frames"


def test_every_way_has_its_words():
    assert {value for _, value in WAYS} == {*MEANS} == {*WORDS}
