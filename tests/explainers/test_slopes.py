import torch

from linnet.explainers.slopes import FLOATS_AT_ONCE, images_at_once, logits_of, strongest, target_logits


def test_the_strongest_channel_keeps_its_sign():
    slopes = torch.tensor([[1.0, -3.0], [-2.0, 2.0], [0.5, 1.0]]).view(1, 3, 1, 2)
    assert strongest(slopes).tolist() == [[[-2.0, -3.0]]]


def test_magnitudes_are_those_of_the_paper():
    slopes = torch.randn(4, 3, 5, 6, generator=torch.Generator().manual_seed(1))
    assert torch.equal(strongest(slopes).abs(), slopes.abs().amax(1))


def test_each_row_gives_the_logit_of_its_target():
    assert target_logits(torch.arange(6.0).view(2, 3), torch.tensor([2, 0])).tolist() == [2, 3]


def test_an_answer_that_does_not_hang_on_the_pixels_has_a_gradient_of_zero():
    class Stubborn:
        def logits(self, images):
            return torch.ones(len(images), 3)

    images = torch.rand(2, 1, 4, 4, requires_grad=True)
    logits = logits_of(Stubborn())(images)
    assert torch.equal(logits, torch.ones(2, 3))
    (slopes,) = torch.autograd.grad(logits.sum(), images)
    assert not slopes.any()


def test_large_pictures_go_through_fewer_at_once():
    assert images_at_once(torch.zeros(3, 32, 32)) == FLOATS_AT_ONCE // 3072
    assert images_at_once(torch.zeros(3, 4000, 4000)) == 1
    assert images_at_once(torch.zeros(3, 4000, 4000), at_least=16) == 16
