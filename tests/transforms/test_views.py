import numpy as np
import pytest
import torch

from linnet.transforms.views import VIEWS, mean_logits, weighted_views


def noise(n, c, h, w, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).random((n, c, h, w), dtype=np.float32))


def folded(position, size):
    """Where a position outside 0 .. size - 1 comes to lie, walking back from the outermost pixel."""
    while not 0 <= position < size:
        position = -position if position < 0 else 2 * (size - 1) - position
    return position


def moved(image, down, right):
    """Move one picture pixel by pixel."""
    c, h, w = image.shape
    result = np.empty_like(image)
    for channel in range(c):
        for y in range(h):
            for x in range(w):
                result[channel, y, x] = image[channel, folded(y - down, h), folded(x - right, w)]
    return result


def brute_force(network, images, views, shift):
    """Answer picture by picture and view by view."""
    looks = [(1.0, 0, 0)]
    if "shifts" in views:
        looks = [(0.5, 0, 0), (0.25, -shift, -shift), (0.25, shift, shift)]
    answers = []
    for image in images.numpy():
        total = 0.0
        for weight, down, right in looks:
            view = moved(image, down, right)
            mirrored = view[:, :, ::-1].copy()
            for share, seen in [(0.5, view), (0.5, mirrored)] if "flips" in views else [(1.0, view)]:
                total = total + weight * share * network(torch.from_numpy(seen)[None])[0].double()
        answers.append(total)
    return torch.stack(answers)


def small_network(c, h, w):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layers = [torch.nn.Conv2d(c, 4, 3), torch.nn.Tanh(), torch.nn.Flatten(), torch.nn.LazyLinear(5)]
        network = torch.nn.Sequential(*layers).eval()
        network(torch.zeros(1, c, h, w))
    return network.requires_grad_(False)


@pytest.mark.parametrize("views", VIEWS)
@pytest.mark.parametrize(("shape", "shift"), [((3, 9, 7), 1), ((1, 28, 28), 1), ((1, 64, 70), 2)])
def test_the_mean_is_that_of_a_loop_over_pictures_and_views(views, shape, shift):
    images, network = noise(3, *shape), small_network(*shape)
    found = mean_logits(network, images, views).double()
    assert torch.allclose(found, brute_force(network, images, views, shift), atol=1e-5)


def test_alone_a_picture_is_looked_at_once_and_to_the_bit():
    images, network = noise(4, 3, 8, 8), small_network(3, 8, 8)
    assert torch.equal(mean_logits(network, images, "none"), network(images.to(memory_format=torch.channels_last)))


@pytest.mark.parametrize(
    ("views", "weights"),
    [
        ("none", [1.0]),
        ("flips", [0.5, 0.5]),
        ("shifts", [0.5, 0.25, 0.25]),
        ("flips-and-shifts", [0.25, 0.25, 0.125, 0.125, 0.125, 0.125]),
    ],
)
def test_weights_are_the_published_ones(views, weights):
    assert [weight for weight, _ in weighted_views(noise(1, 1, 8, 8), views)] == weights


def test_one_copy_goes_up_and_left_and_the_other_down_and_right():
    point = torch.zeros(1, 1, 8, 8)
    point[0, 0, 4, 3] = 1
    _, (_, one), (_, other) = weighted_views(point, "shifts")
    assert one[0, 0].nonzero().tolist() == [[3, 2]]
    assert other[0, 0].nonzero().tolist() == [[5, 4]]


def test_a_mirrored_picture_is_told_the_same_with_flips_and_only_with_them():
    images, network = noise(3, 3, 8, 8), small_network(3, 8, 8)
    plain, flips = (
        [mean_logits(network, pictures, views) for pictures in (images, images.flip(-1))] for views in ("none", "flips")
    )
    assert not torch.allclose(*plain, atol=1e-3)
    assert torch.allclose(*flips, atol=1e-6)


def test_bytes_stay_bytes_and_the_pictures_are_untouched():
    images = (255 * noise(2, 3, 8, 8)).to(torch.uint8)
    before = images.clone()
    assert all(view.dtype == torch.uint8 for _, view in weighted_views(images, "flips-and-shifts"))
    assert torch.equal(images, before)


def test_a_picture_of_one_pixel_is_its_own_view():
    images = noise(2, 3, 1, 1)
    assert all(torch.equal(view, images) for _, view in weighted_views(images, "flips-and-shifts"))
