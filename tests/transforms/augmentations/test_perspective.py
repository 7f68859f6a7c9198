import numpy as np
import torch
from PIL import Image

from augmenting import augmented, draws
from linnet.transforms.augmentations.perspective import Perspective


def white(n=6, h=40, w=60):
    return torch.ones(n, 1, h, w)


def test_a_white_picture_becomes_the_quadrilateral_of_its_corners():
    result = augmented(Perspective(distortion=0.6), white())
    inwards = draws(6).uniform("inwards", 0, 0.6, (4, 2)).numpy()
    for i in range(6):
        signs = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
        corners = signs * (1 - inwards[i]) * [30, 20] + [30, 20]
        # Twice the area of a polygon is the sum of cross products of neighboring corners.
        x, y = corners.T
        area = abs(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))) / 2
        assert abs(float(result[i].sum()) - area) < 0.02 * area


def test_pictures_are_seen_whole_and_upright():
    result = augmented(Perspective(distortion=0.3), white(50))
    assert (result[:, 0, 15:25, 25:35] > 0.99).all()


def test_it_agrees_with_pillow():
    random = np.random.default_rng(0)
    smooth = np.array(
        Image.fromarray(random.random((5, 6)).astype(np.float32)).resize((60, 40), Image.Resampling.BICUBIC)
    )
    images = torch.from_numpy(smooth.clip(0, 1))[None, None]
    result = augmented(Perspective(distortion=0.4), images)[0, 0].numpy()
    inwards = draws(1).uniform("inwards", 0, 0.4, (4, 2)).numpy()[0]
    sent = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (1 - inwards) * [30, 20] + [30, 20]
    own = np.array([[0, 0], [60, 0], [60, 40], [0, 40]], dtype=float)
    rows, values = [], []
    for (x, y), (u, v) in zip(sent, own, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    coefficients = np.linalg.solve(rows, values)
    expected = np.array(
        Image.fromarray(images[0, 0].numpy()).transform(
            (60, 40), Image.Transform.PERSPECTIVE, tuple(coefficients), Image.Resampling.BILINEAR
        )
    )
    # Pillow ends half a pixel outside the outermost pixels' middles; away from the edge both are the same.
    inside = np.array(
        Image.fromarray(np.ones((40, 60), dtype=np.float32)).transform(
            (60, 40), Image.Transform.PERSPECTIVE, tuple(coefficients), Image.Resampling.BILINEAR
        )
    )
    deep = inside.copy()
    for axis in (0, 1):
        for step in (-2, -1, 1, 2):
            deep = np.minimum(deep, np.roll(inside, step, axis))
    assert deep.sum() > 500
    assert np.abs(result - expected)[deep > 0].max() < 1e-3
