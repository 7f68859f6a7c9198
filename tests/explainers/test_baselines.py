import pytest
import torch
from scipy.ndimage import gaussian_filter1d

from linnet.errors import ConfigError
from linnet.explainers.baselines import baseline_of, check_baseline


@pytest.fixture
def images():
    return torch.rand(2, 3, 16, 12, generator=torch.Generator().manual_seed(2))


def test_black_is_black(images):
    assert not baseline_of(images, "black").any()


def test_the_mean_color_is_of_each_picture_alone(images):
    found = baseline_of(images, "mean")
    assert found.shape == images.shape
    assert torch.allclose(found[1, 2], images[1, 2].mean())
    assert torch.equal(found[1:], baseline_of(images[1:], "mean"))


def test_blurring_is_a_gaussian_filter_away_from_the_edges():
    images = torch.zeros(1, 1, 65, 3)
    images[0, 0, 30:34] = 1
    # The longer side is 65: a deviation of 65 / 8.
    expected = gaussian_filter1d(images[0, 0, :, 1].double().numpy(), 65 / 8, mode="constant", truncate=8)
    assert torch.allclose(baseline_of(images, "blurred")[0, 0, 30, 1], torch.tensor(expected[30]).float(), atol=1e-3)


def test_blurring_keeps_what_has_no_contrast_and_flattens_what_has(images):
    flat = torch.full((1, 3, 9, 5), 0.7)
    assert torch.allclose(baseline_of(flat, "blurred"), flat)
    assert float(baseline_of(images, "blurred").std()) < 0.2 * float(images.std())
    assert float(baseline_of(images, "blurred").max()) <= 1


def test_a_word_that_is_no_baseline_is_refused():
    with pytest.raises(ConfigError, match=r"^occlusion\.fill should be one of black, mean, blurred; it is 'white'\.$"):
        check_baseline("white", "occlusion.fill")
