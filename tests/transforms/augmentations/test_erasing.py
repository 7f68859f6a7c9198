import pytest
import torch

from augmenting import augmented, floats
from linnet.errors import ConfigError
from linnet.transforms.augmentations.erasing import Erasing, inside


def box(covered):
    """Return (top, left, tall, wide) of what is covered in (h, w), after checking that it is a full rectangle."""
    places = torch.nonzero(covered)
    (top, left), (bottom, right) = places.min(0).values.tolist(), places.max(0).values.tolist()
    assert covered[top : bottom + 1, left : right + 1].all()
    assert len(places) == (bottom + 1 - top) * (right + 1 - left)
    return top, left, bottom + 1 - top, right + 1 - left


def test_a_rectangle_of_the_asked_size_and_shape_is_covered_in_each_picture():
    result = augmented(Erasing(p=1, low=0.1, high=0.3, elongation=2, fill="black"), torch.ones(300, 1, 40, 60))
    boxes = torch.tensor([box(picture[0] == 0) for picture in result]).double()
    areas = boxes[:, 2] * boxes[:, 3] / 2400
    assert 0.09 < float(areas.min()) < 0.12
    assert 0.28 < float(areas.max()) < 0.32
    ratios = boxes[:, 2] / boxes[:, 3]
    assert float(ratios.min()) > 0.44
    assert float(ratios.max()) < 2.25
    assert float(ratios.log().mean().abs()) < 0.1


def test_rectangles_reach_every_edge():
    result = augmented(Erasing(p=1, fill="black"), torch.ones(500, 1, 8, 10))
    covered = (result[:, 0] == 0).any(0)
    assert covered.all()


def test_as_many_as_asked_for_are_covered():
    images = torch.ones(1000, 1, 10, 10)
    covered = (augmented(Erasing(p=0.3, low=0.1, fill="black"), images) == 0).flatten(1).any(1)
    assert float(covered.float().mean()) == pytest.approx(0.3, abs=0.05)


def test_what_covers_is_as_asked_for():
    images = floats(30, (3, 12, 12))
    everything = {"p": 1, "low": 1.0, "high": 1.0, "elongation": 1.0}
    mean = augmented(Erasing(**everything, fill="mean"), images)
    assert torch.allclose(mean, images.mean((2, 3), keepdim=True).expand_as(images), atol=1e-6)
    assert float(augmented(Erasing(**everything, fill="black"), images).max()) == 0
    noise = augmented(Erasing(**everything, fill="noise"), images)
    assert float(noise.mean()) == pytest.approx(0.5, abs=0.02)
    assert float(noise.std()) == pytest.approx(12**-0.5, abs=0.02)


def test_pixels_outside_stay():
    images = floats(50)
    result = augmented(Erasing(p=1, fill="black"), images)
    assert torch.equal(result[result != 0], images[result != 0])


def test_rectangles_are_told_from_their_numbers():
    covered = inside(*(torch.tensor([value]) for value in (1, 2, 3, 1)), size=(5, 4))
    expected = torch.zeros(5, 4, dtype=torch.bool)
    expected[1:4, 2:3] = True
    assert torch.equal(covered[0, 0], expected)


def test_a_range_the_wrong_way_round_is_refused():
    with pytest.raises(ConfigError, match=r"erasing.low should be at most erasing.high; they are 0.5 and 0.33"):
        Erasing(low=0.5)
