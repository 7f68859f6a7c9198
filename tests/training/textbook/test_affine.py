import numpy as np
import pytest
import torch

from linnet.training.textbook import affine
from linnet.training.textbook.affine import LEAST_PROBABILITY, Affine, Standardization


def pixels(n=9, d=12, seed=0):
    return torch.randint(0, 256, (n, d), generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)


def floats(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def any_affine(k=3, d=12, sharpness=1.0):
    return Affine(floats(k, d, seed=1), floats(k, seed=2), torch.tensor(sharpness, dtype=torch.float64))


def test_bytes_are_taken_as_shares_of_255():
    learned, values = any_affine(), pixels()
    expected = values.numpy() / 255 @ learned.weights.numpy().T + learned.bias.numpy()
    np.testing.assert_allclose(learned.outputs(values).numpy(), expected, rtol=1e-13, atol=1e-13)


def test_floats_are_taken_as_they_are_and_left_alone():
    learned, values = any_affine(), floats(9, 12)
    before = values.clone()
    expected = values.numpy() @ learned.weights.numpy().T + learned.bias.numpy()
    np.testing.assert_allclose(learned.outputs(values).numpy(), expected, rtol=1e-13, atol=1e-13)
    assert torch.equal(values, before)


def test_float32_weights_are_computed_in_float64():
    learned = any_affine()
    narrow = Affine(learned.weights.float(), learned.bias.float(), learned.sharpness.float())
    outputs = narrow.outputs(floats(4, 12).float())
    assert outputs.dtype == torch.float64
    expected = floats(4, 12).float().double().numpy() @ narrow.weights.double().numpy().T + narrow.bias.double().numpy()
    np.testing.assert_allclose(outputs.numpy(), expected, rtol=1e-13, atol=1e-13)


def test_probabilities_are_the_softmax_of_the_sharpened_outputs():
    learned, values = any_affine(sharpness=0.3), floats(9, 12)
    powers = np.exp(0.3 * learned.outputs(values).numpy())
    expected = powers / powers.sum(1, keepdims=True)
    np.testing.assert_allclose(learned.probabilities(values).numpy(), expected, rtol=1e-12)


def test_no_class_is_impossible_and_rows_still_sum_to_one():
    learned = any_affine(sharpness=1000.0)
    assert learned.probabilities(floats(9, 12)).min().item() == LEAST_PROBABILITY
    every = learned.all_probabilities(floats(9, 12))
    assert every.dtype == torch.float32
    assert every.min().item() > 0
    np.testing.assert_allclose(every.sum(1).numpy(), 1, atol=1e-6)


def test_the_size_of_a_block_does_not_show(monkeypatch):
    learned, values = any_affine(), pixels(n=11)
    whole = learned.all_probabilities(values)
    monkeypatch.setattr(affine, "_BLOCK", 3)
    assert torch.equal(learned.all_probabilities(values), whole)


def test_a_state_comes_back_as_it_was():
    learned = any_affine(sharpness=2.5)
    back = Affine.of_state(learned.state())
    assert torch.equal(back.probabilities(floats(5, 12)), learned.probabilities(floats(5, 12)))


def test_center_of_each_feature_and_deviation_of_each_channel():
    values = pixels(n=30)
    table = values.numpy().astype(np.float64)
    scale = Standardization.of(values, n_channels=3, per_feature=True)
    np.testing.assert_allclose(scale.center.numpy(), table.mean(0), rtol=1e-13)
    by_channel = [table[:, start : start + 4].std() for start in (0, 4, 8)]
    np.testing.assert_allclose(scale.deviation.numpy(), np.repeat(by_channel, 4), rtol=1e-12)
    assert scale.bytes_in


def test_center_of_each_channel():
    values = floats(30, 12)
    scale = Standardization.of(values, n_channels=3, per_feature=False)
    by_channel = [values.numpy()[:, start : start + 4].mean() for start in (0, 4, 8)]
    np.testing.assert_allclose(scale.center.numpy(), np.repeat(by_channel, 4), atol=1e-14)
    assert not scale.bytes_in


@pytest.mark.parametrize("values", [pixels(), floats(9, 12), floats(9, 12).float()], ids=["bytes", "doubles", "floats"])
def test_applied_takes_the_center_and_divides_without_touching_the_values(values):
    before = values.clone()
    scale = Standardization(floats(12, seed=3), floats(12, seed=4).abs() + 0.5, values.dtype == torch.uint8)
    expected = (values.double().numpy() - scale.center.numpy()) / scale.deviation.numpy()
    np.testing.assert_allclose(scale.applied(values).numpy(), expected, rtol=1e-13, atol=1e-13)
    single = scale.applied(values, torch.float32)
    assert single.dtype == torch.float32
    np.testing.assert_allclose(single.numpy(), expected, rtol=1e-5, atol=1e-5)
    assert torch.equal(values, before)


def test_no_standardization_changes_nothing():
    values = floats(9, 12)
    assert torch.equal(Standardization.none(12).applied(values), values)


@pytest.mark.parametrize(
    ("values", "dtype", "tolerance"),
    [(pixels(n=30), torch.float32, 1e-4), (floats(30, 12) * 5 + 100, torch.float64, 1e-11)],
    ids=["bytes", "floats"],
)
def test_folded_weights_do_to_values_what_weights_do_to_standardized_ones(values, dtype, tolerance):
    scale = Standardization.of(values, n_channels=3, per_feature=True)
    weights, bias = floats(4, 12, seed=5), floats(4, seed=6)
    expected = scale.applied(values) @ weights.T + bias
    folded = scale.folded(weights, bias, sharpness=2.0)
    assert folded.weights.dtype == folded.bias.dtype == folded.sharpness.dtype == dtype
    assert folded.sharpness.item() == 2
    torch.testing.assert_close(folded.outputs(values), expected, rtol=0, atol=tolerance)
