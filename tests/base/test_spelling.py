"""The nearest name is found whatever the case, the hyphens and the underscores."""
import pytest

from mdexplore.base.spelling import choose, meant

KNOWN = ["n_clusters", "max_iter", "kernel-edmd", "TICA"]


@pytest.mark.parametrize(("written", "wanted"), [("n_cluster", "n_clusters"), ("nclusters", "n_clusters"), ("kernel_edmd", "kernel-edmd"), ("tica", "TICA"), ("maxiter", "max_iter")])
def test_the_nearest_name_is_named(written, wanted):
    assert meant(written, KNOWN) == f"Did you mean {wanted!r}?"


@pytest.mark.parametrize("written", ["colour", "", None, 7])
def test_what_is_near_to_nothing_names_nothing(written):
    assert meant(written, KNOWN) == ""
    assert choose(written, KNOWN, "Choose one of") == "Choose one of: n_clusters, max_iter, kernel-edmd, TICA."


def test_all_there_are_follow_the_nearest():
    assert choose("n_cluster", ["n_clusters"], "Its settings are") == "Did you mean 'n_clusters'? Its settings are: n_clusters."
