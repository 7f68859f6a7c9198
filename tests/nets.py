"""Small networks that other processes can import, for tests of trainings that several of them share."""

import os

import torch
from torch import nn

from linnet.training import engine
from linnet.training.recipe import Recipe


class Floats(nn.Module):
    def forward(self, images):
        return images.float() / (255 if images.dtype == torch.uint8 else 1)


class Fatal(nn.Module):
    """End the second process of a training in its first step."""

    def forward(self, x):
        if torch.distributed.is_initialized() and torch.distributed.get_rank() == 1:
            os._exit(7)
        return x


def network_of(dropout=0.0, width=8, norm=True, fatal=False):
    """Make a convolutional network for (1, 8, 8) pictures of 3 classes, always with the same first weights."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return nn.Sequential(
            Floats(), nn.Conv2d(1, width, 3), nn.BatchNorm2d(width) if norm else nn.Identity(), nn.ReLU(),
            nn.Conv2d(width, width, 3), nn.ReLU(),  # of many channels: only there do layouts of memory differ
            nn.Flatten(), nn.Dropout(dropout), Fatal() if fatal else nn.Identity(), nn.Linear(16 * width, 3),
        )  # fmt: skip


def recipe_of(**changes):
    """Make a short recipe without augmentation."""
    plain = {"epochs": 3, "batch_size": 25, "learning_rate": 0.05, "augment": "none", "precision": "float32"}
    return Recipe(**{**plain, **changes})


def same(one, other):
    """Whether two networks have the same weights and buffers, to the bit."""
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


def far(one, other):
    """Return the largest difference of two weights."""
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return max(float((a.double() - b.double()).abs().max()) for a, b in pairs)


def train(network, data, valid, recipe, *, seed=0, **around):
    """Train with what surrounds it given one by one: progress, checkpoints, devices."""
    return engine.train(network, data, valid, recipe, seed=seed, session=engine.Session(**around))
