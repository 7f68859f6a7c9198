"""A classifier around any network, and pictures that a bright patch gives away, for tests of explainers."""

from dataclasses import dataclass

import torch
from torch import nn

from linnet.classifiers.base import Classifier
from linnet.datasets.base import Dataset
from linnet.seeds import torch_generator


@dataclass(kw_only=True)
class Netted(Classifier):
    """Answer with a network as it is: nothing is learned and nothing is written."""

    about = "a network as it is"

    @classmethod
    def around(cls, network, image_shape, n_classes):
        """Make it without fit."""
        made = cls()
        made.network_, made.image_shape_ = network.eval(), image_shape
        made.class_names_ = tuple(f"class {k}" for k in range(n_classes))
        return made

    def logits(self, images):
        return self.network_(images)

    def network(self):
        self._check_fitted()
        return self.network_

    def _predict_proba(self, images):
        return torch.softmax(self.network_(images.float() / 255 if images.dtype == torch.uint8 else images), 1)

    def _state(self):
        return dict(self.network_.state_dict())

    def _fit(self, train, valid, *, seed, progress):
        raise NotImplementedError

    def _restore(self, state):
        raise NotImplementedError

    def _candidates(self):
        return [{}]


def seeded(make):
    """Make a network, always with the same first weights."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        return make()


def patched(n=120, *, side=24, patch=6, seed=0, n_places=None):
    """Make gray noise; every second picture has a bright patch, which is class 1.

    Args:
        n: Pictures.
        side: Of the pictures.
        patch: Side of the patch.
        seed: Of noise and places.
        n_places: Patches lie anywhere; or in one of the first so many of some fixed places.

    Returns:
        The data set, and (n, 2) int64, the upper left corners of the patches, also of those left out.
    """
    random = torch_generator(seed, "patches")
    images = 90 + 25 * torch.randn(n, 1, side, side, generator=random)
    if n_places is None:
        corners = torch.randint(0, side - patch + 1, (n, 2), generator=random)
    else:
        places = torch.randint(0, side - patch + 1, (8, 2), generator=torch_generator(0, "places"))[:n_places]
        corners = places[torch.randint(0, n_places, (n,), generator=random)]
    labels = torch.arange(n) % 2
    for image, (top, left), label in zip(images, corners.tolist(), labels.tolist(), strict=True):
        if label:
            image[:, top : top + patch, left : left + patch] += 120
    return Dataset.of(images.round().clamp(0, 255).to(torch.uint8), labels, ["plain", "patch"]), corners


def share_near(maps, corners, *, patch=6, margin=4):
    """Return (n,): the share of each map's positive relevance that lies within `margin` pixels of its patch."""
    shares = []
    for found, (top, left) in zip(torch.as_tensor(maps).clamp(min=0), corners.tolist(), strict=True):
        near = found[max(0, top - margin) : top + patch + margin, max(0, left - margin) : left + patch + margin]
        shares.append(float(near.sum() / found.sum().clamp(min=1e-12)))
    return torch.tensor(shares)


def patch_net(data):
    """Train a small convolutional network to find the patch."""
    network = seeded(
        lambda: nn.Sequential(
            nn.Conv2d(1, 8, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 12, 3, padding=1), nn.ReLU(), nn.Conv2d(12, 12, 3, padding=1), nn.ReLU(),
            nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(12, 2),
        )
    )  # fmt: skip
    optimizer = torch.optim.Adam(network.parameters(), lr=0.005)
    images = data.images.float() / 255
    for _ in range(40):
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(images), data.labels).backward()
        optimizer.step()
    return Netted.around(network, data.image_shape, 2)
