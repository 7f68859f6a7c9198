import numpy as np
import pytest
import torch

import toys
from linnet.classifiers.base import create
from linnet.explainers.gradient import Gradient
from linnet.explainers.slopes import strongest


@pytest.mark.parametrize("rung", ["softmax-regression", "least-squares", "linear-svm"])
def test_a_linear_rung_has_its_weights_as_gradient(rung, images):
    fitted = create(rung, {}).fit(toys.patterns(shape=(3, 6, 5)))
    maps = Gradient().explain(fitted, images, np.arange(12) % 3)
    weights = fitted.templates() * float(fitted.affine_.sharpness)
    expected = strongest(weights)[torch.arange(12) % 3]
    assert np.allclose(maps, expected, rtol=1e-4, atol=1e-6)


def test_a_pixel_that_gets_brighter_changes_the_logit_as_the_map_says(patch_net, patches):
    images = patches[0][:3].float() / 255
    maps = Gradient().explain(patch_net, images, [1, 1, 0])
    for at, target in enumerate([1, 1, 0]):
        row, column = np.unravel_index(np.abs(maps[at]).argmax(), maps[at].shape)
        brighter = images[at : at + 1].clone()
        brighter[0, 0, row, column] += 1e-3
        with torch.no_grad():
            rise = float((patch_net.logits(brighter) - patch_net.logits(images[at : at + 1]))[0, target])
        assert rise / 1e-3 == pytest.approx(float(maps[at, row, column]), rel=0.05)


def test_white_areas_of_pictures_that_are_shrunk_have_a_gradient():
    fitted = create("softmax-regression", {}).fit(toys.patterns(counts=(20, 20), shape=(1, 50, 50)))
    white, gray = torch.full((1, 1, 50, 50), 255, dtype=torch.uint8), torch.full((1, 1, 50, 50), 0.5)
    assert np.array_equal(Gradient().explain(fitted, white, [0]), Gradient().explain(fitted, gray, [0]))
