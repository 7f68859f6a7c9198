"""Mean squared error against torch's and by hand."""

import pytest
import torch
from torch import nn

from linnet.training.losses.mean_squared_error import MeanSquaredError


def test_it_is_torchs():
    generator = torch.Generator().manual_seed(0)
    logits, targets = torch.randn(9, 4, generator=generator), torch.rand(9, 4, generator=generator).softmax(1)
    assert torch.allclose(MeanSquaredError()(logits, targets), nn.MSELoss()(logits, targets))


def test_by_hand():
    # (2 - 1)^2 = 1 and (-1 - 0)^2 = 1 and 0.5^2 = 0.25: their mean is 0.75.
    found = MeanSquaredError().per_image(torch.tensor([[2.0, -1.0, 0.5]]), torch.tensor([[1.0, 0.0, 0.0]]))
    assert found.tolist() == pytest.approx([0.75])
