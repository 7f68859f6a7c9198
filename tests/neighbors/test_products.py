import numpy as np
import pytest
import torch

from linnet.neighbors import products
from linnet.neighbors.products import Multiplier, centered, has_exact_int8


def prepared(arithmetic, *, b=3, p=5, d=7, value=None):
    """Draw centered bytes, or make them all one number, in the type of the arithmetic."""
    draw = np.random.default_rng(0)
    arrays = [draw.integers(-128, 128, (n, d)) if value is None else np.full((n, d), value) for n in (b, p)]
    multiply = Multiplier(arithmetic, n_features=d, n_products=b * p)
    return multiply, *(torch.from_numpy(array.astype(arithmetic)) for array in arrays)


@pytest.mark.parametrize("d", [1, 7, 1023, 1024, 1025, 3072, 65_536, 65_537])
@pytest.mark.parametrize("arithmetic", ["int8", "float32", "float64"])
def test_products_are_those_of_integers(arithmetic, d):
    multiply, queries, points = prepared(arithmetic, d=d)
    expected = queries.numpy().astype(np.int64) @ points.numpy().astype(np.int64).T
    assert np.array_equal(multiply(queries, points), expected)


@pytest.mark.parametrize("value", [-128, 127])
@pytest.mark.parametrize("d", [1024, 3072, 131_072, 140_001])
@pytest.mark.parametrize("arithmetic", ["int8", "float32"])
def test_the_largest_products_neither_round_nor_overflow(arithmetic, d, value):
    multiply, queries, points = prepared(arithmetic, d=d, value=value)
    assert (multiply(queries, points) == d * value * value).all()


@pytest.mark.parametrize("arithmetic", ["int8", "float32", "float64"])
def test_memory_is_used_again_for_blocks_of_any_size(arithmetic):
    multiply, queries, points = prepared(arithmetic)
    expected = (queries.double() @ points.double().T).numpy()
    assert np.array_equal(multiply(queries, points), expected)
    assert np.array_equal(multiply(queries[:2], points[1:2]), expected[:2, 1:2])
    assert np.array_equal(multiply(queries, points), expected)


def test_centering_subtracts_128():
    every_byte = np.arange(256, dtype=np.uint8).reshape(2, 128)
    assert np.array_equal(centered(every_byte), np.arange(-128, 128).reshape(2, 128))
    assert centered(every_byte.T).flags.c_contiguous


@pytest.fixture
def ask_again():
    has_exact_int8.cache_clear()
    yield has_exact_int8
    has_exact_int8.cache_clear()


def test_a_processor_without_units_is_not_asked_for_them(ask_again, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"architecture": "aarch64"})
    assert ask_again() is False


@pytest.mark.parametrize("unit", ["amx_int8", "avx512_vnni", "avx_vnni"])
def test_one_kind_of_unit_is_enough(ask_again, monkeypatch, unit):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {unit: True})
    monkeypatch.setattr(products, "_hardest_products_are_exact", lambda: True)
    assert ask_again() is True


def test_sums_that_saturate_are_found_out(monkeypatch):
    def saturating(a, b):
        pairs = a.double()[:, None, :] * b.T.double()[None]
        return pairs.reshape(*pairs.shape[:2], -1, 2).sum(-1).clamp(-32768, 32767).sum(-1).int()

    monkeypatch.setattr(torch, "_int_mm", saturating)
    assert not products._hardest_products_are_exact()


def test_a_torch_without_the_private_function_is_found_out(monkeypatch):
    monkeypatch.delattr(torch, "_int_mm")
    assert not products._hardest_products_are_exact()


def test_a_torch_that_refuses_is_found_out(monkeypatch):
    def refusing(a, b):
        raise RuntimeError("not for this device")

    monkeypatch.setattr(torch, "_int_mm", refusing)
    assert not products._hardest_products_are_exact()
