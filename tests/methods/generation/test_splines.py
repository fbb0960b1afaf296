"""Splines: nothing is changed by zeros, there and back again, and the slope is the derivative."""
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="flows need the deep extra")


@pytest.fixture
def spline():
    """Points (200, 3), a third of them beyond the ends, and numbers of splines with five bins."""
    torch.manual_seed(0)
    x = torch.linspace(-9, 9, 600, dtype=torch.float64).reshape(200, 3)
    return x, 2 * torch.randn(200, 3, 14, dtype=torch.float64)


def test_zeros_change_nothing(spline):
    from mdexplore.methods.generation.splines import bent, n_raw

    x, raw = spline
    assert n_raw(5) == raw.shape[-1]
    y, log_slope = bent(x, 0 * raw)
    np.testing.assert_allclose(y, x, atol=1e-12)
    np.testing.assert_allclose(log_slope, 0, atol=1e-12)


def test_there_and_back_again(spline):
    from mdexplore.methods.generation.splines import bent

    x, raw = spline
    y, there = bent(x, raw)
    assert (y - x).abs().max() > 0.5
    again, back = bent(y, raw, is_inverse=True)
    np.testing.assert_allclose(again, x, atol=1e-7)
    np.testing.assert_allclose(back, -there, atol=1e-6)


def test_the_slope_is_the_derivative(spline):
    from mdexplore.methods.generation.splines import bent

    x, raw = spline
    x = x.clone().requires_grad_()
    y, log_slope = bent(x, raw)
    (derivative,) = torch.autograd.grad(y.sum(), x)
    np.testing.assert_allclose(torch.log(derivative), log_slope.detach(), atol=1e-9)


def test_places_keep_their_order_across_bins_and_ends():
    from mdexplore.methods.generation.splines import bent

    torch.manual_seed(1)
    x = torch.linspace(-8, 8, 4001, dtype=torch.float64)[:, None]
    y, _ = bent(x, (3 * torch.randn(1, 1, 23, dtype=torch.float64)).expand(len(x), 1, 23))
    assert bool((y.diff(dim=0) > 0).all())
    np.testing.assert_allclose(y[x.abs() >= 6], x[x.abs() >= 6])
