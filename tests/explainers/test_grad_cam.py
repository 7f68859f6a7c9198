import numpy as np
import pytest
import torch
from torch import nn

import netted
from linnet.errors import UnknownNameError, UnsupportedError
from linnet.explainers.grad_cam import GradCam


def test_it_points_at_the_patch_that_gives_the_class_away(patch_net, patches):
    images, corners = patches
    assert bool((patch_net.predict(images) == 1).all())
    maps = GradCam().explain(patch_net, images, [1] * 30)
    assert float((netted.share_near(maps, corners) > 0.6).double().mean()) > 0.8
    # Places of other pictures' patches are met by luck only.
    assert float((netted.share_near(maps, corners.roll(7, 0)) > 0.6).double().mean()) < 0.5


def test_what_speaks_for_one_of_two_classes_speaks_against_the_other(patch_net, patches):
    images, corners = patches
    against = -GradCam().explain(patch_net, images, [0] * 30)
    assert float((netted.share_near(against, corners) > 0.6).double().mean()) > 0.8


@pytest.mark.parametrize("layer", ["", "0", "3"])
def test_captum_agrees_on_convolutions(layer, patch_net, patches):
    from captum.attr import LayerAttribution, LayerGradCam

    images = patches[0][:6].float() / 255
    network = patch_net.network_
    other = LayerGradCam(network, network[int(layer or 6)])
    expected = LayerAttribution.interpolate(
        other.attribute(images.clone().requires_grad_(), target=1), (24, 24), "bilinear"
    )
    maps = GradCam(layer=layer).explain(patch_net, images, [1] * 6)
    assert np.allclose(maps, expected[:, 0].detach(), atol=1e-5)


class Tokens(nn.Module):
    """A transformer in miniature: a token for the class, then patches, and one attention."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(1, 4, 3, stride=3)
        self.norm = nn.LayerNorm(4)
        self.attention = nn.MultiheadAttention(4, 1, batch_first=True)
        self.start = nn.Parameter(torch.randn(1, 1, 4))
        self.head = nn.Linear(4, 2)

    def forward(self, images):
        x = self.patches(images).flatten(2).transpose(1, 2)
        x = self.norm(torch.cat([self.start.expand(len(x), -1, -1), x], 1))
        return self.head(self.attention(x, x, x)[0][:, 0])


def test_tokens_are_laid_out_as_the_picture_and_the_class_s_is_left_out():
    network = netted.seeded(Tokens)
    image = torch.rand(1, 1, 6, 9, generator=torch.Generator().manual_seed(1))
    x = network.patches(image).flatten(2).transpose(1, 2)
    x = network.norm(torch.cat([network.start, x], 1)).detach().requires_grad_()
    (slopes,) = torch.autograd.grad(network.head(network.attention(x, x, x)[0][:, 0])[0, 1], x)
    weights = slopes[0, 1:].mean(0)
    places = torch.stack([(weights * x[0, 1 + place]).sum() for place in range(6)]).view(2, 3)
    maps = GradCam().explain(netted.Netted.around(network, (1, 6, 9), 2), image, [1])
    expected = nn.functional.interpolate(places[None, None], size=(6, 9), mode="bilinear")[0, 0].detach()
    assert np.allclose(maps[0], expected, atol=1e-6)
    assert maps.std() > 1e-6


@pytest.mark.parametrize("settings", [{}, {"global_pool": "avg"}, {"reg_tokens": 2, "qk_norm": True}])
def test_a_vision_transformer_of_timm_s_has_maps_that_tell_pictures_and_classes_apart(settings):
    from timm.models.vision_transformer import VisionTransformer

    sizes = {"img_size": 16, "patch_size": 4, "embed_dim": 12, "depth": 2, "num_heads": 3, "num_classes": 3}
    classifier = netted.Netted.around(netted.seeded(lambda: VisionTransformer(**sizes, **settings)), (3, 16, 16), 3)
    images = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    maps = np.concatenate([GradCam().explain(classifier, images, [k, k]) for k in (0, 1)])
    assert maps.shape == (4, 16, 16)
    assert np.abs(np.corrcoef(maps.reshape(4, -1)) - np.eye(4)).max() < 0.999
    assert maps.std((1, 2)).min() > 0


def test_another_layer_can_be_asked_for(patch_net, patches):
    maps = [GradCam(layer=layer).explain(patch_net, patches[0][:2]) for layer in ("", "6", "0")]
    assert np.array_equal(maps[0], maps[1])
    assert not np.allclose(maps[0], maps[2])
    with pytest.raises(UnknownNameError, match="no layer with a map in netted named '9'"):
        GradCam(layer="9").explain(patch_net, patches[0][:2])


def test_a_network_without_a_map_is_refused():
    network = nn.Sequential(nn.Flatten(), nn.Linear(16, 2))
    with pytest.raises(UnsupportedError, match="has none for pictures of"):
        GradCam().explain(netted.Netted.around(network, (1, 4, 4), 2), torch.zeros(1, 1, 4, 4))
