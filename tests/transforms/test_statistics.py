import os
from pathlib import Path

import numpy as np
import pytest
import torch

from linnet.transforms import statistics
from linnet.transforms.statistics import channel_statistics, feature_moments


def pixels(n, d, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).integers(0, 256, (n, d), dtype=np.uint8))


def test_moments_of_bytes_are_exact(monkeypatch):
    monkeypatch.setattr(statistics, "_BLOCK", 7)
    values = pixels(100, 6)
    mean, spread = feature_moments(values)
    columns = [[int(x) for x in column] for column in values.T]
    for j, column in enumerate(columns):
        assert float(mean[j]) == sum(column) / 100
        assert float(spread[j]) == (100 * sum(x * x for x in column) - sum(column) ** 2) / 100**2


def test_the_largest_sums_of_a_block_do_not_overflow():
    values = torch.full((statistics._BLOCK + 1, 1), 255, dtype=torch.uint8)
    values[0] = 254
    n = len(values)
    mean, spread = feature_moments(values)
    assert float(mean[0]) == 255 - 1 / n
    assert float(spread[0]) == (n - 1) / n**2


def test_moments_of_floats_agree_with_numpy(monkeypatch):
    monkeypatch.setattr(statistics, "_BLOCK_BYTES", 8 * 5 * 3)
    values = torch.randn(50, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    mean, spread = feature_moments(values)
    assert np.allclose(mean, values.numpy().mean(0), rtol=0, atol=1e-15)
    assert np.allclose(spread, values.numpy().var(0), rtol=1e-13)


def test_a_large_offset_costs_no_digits_of_the_spread():
    values = torch.tensor([[1e9], [1e9 + 1], [1e9 + 2]], dtype=torch.float64)
    assert float(feature_moments(values)[1][0]) == pytest.approx(2 / 3, rel=1e-12)


def test_a_channel_is_measured_over_all_its_pixels():
    values = pixels(40, 3 * 20, seed=1)
    mean, deviation = channel_statistics(values, n_channels=3)
    channels = values.numpy().reshape(40, 3, 20).transpose(1, 0, 2).reshape(3, -1).astype(np.float64)
    assert np.allclose(mean, channels.mean(1), rtol=1e-14)
    assert np.allclose(deviation, channels.std(1), rtol=1e-14)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32, torch.float64])
def test_a_constant_channel_gets_deviation_1(dtype):
    values = torch.cat([torch.full((10, 4), 77), torch.arange(40).view(10, 4)], 1).to(dtype)
    mean, deviation = channel_statistics(values, n_channels=2)
    assert mean.tolist() == pytest.approx([77, 19.5])
    assert deviation.tolist() == pytest.approx([1, np.arange(40).std()])


def test_a_constant_that_floats_cannot_hold_exactly_is_still_a_constant():
    values = torch.full((1000, 3), 0.1, dtype=torch.float64)
    values[:, 1] = 1e15 / 3
    assert channel_statistics(values, n_channels=3)[1].tolist() == [1, 1, 1]


def test_a_tiny_spread_is_no_constant():
    values = torch.tensor([[0.0], [1e-200]], dtype=torch.float64)
    values = values.repeat(3, 1) + 0.0
    assert float(channel_statistics(torch.tensor([[0.0], [1e-100]], dtype=torch.float64), n_channels=1)[1]) == 5e-101


def test_one_image_is_enough():
    mean, deviation = channel_statistics(torch.tensor([[7, 9]], dtype=torch.uint8), n_channels=2)
    assert mean.tolist() == [7, 9]
    assert deviation.tolist() == [1, 1]


def test_everything_is_in_float64():
    for values in (pixels(3, 4), pixels(3, 4).float()):
        assert all(t.dtype == torch.float64 for t in channel_statistics(values, n_channels=2))


@pytest.mark.data
def test_fashion_mnist_has_its_published_mean_and_deviation():
    file = Path(os.environ.get("LINNET_DATA", "")) / "fashion-mnist" / "train-images-idx3-ubyte.gz"
    if "LINNET_DATA" not in os.environ or not file.exists():
        pytest.skip("LINNET_DATA holds no fashion-mnist")
    import gzip

    images = np.frombuffer(gzip.decompress(file.read_bytes()), np.uint8, offset=16).reshape(60_000, 784)
    mean, deviation = channel_statistics(torch.from_numpy(images.copy()), n_channels=1)
    assert float(mean) / 255 == pytest.approx(0.2860, abs=5e-5)
    assert float(deviation) / 255 == pytest.approx(0.3530, abs=5e-5)
