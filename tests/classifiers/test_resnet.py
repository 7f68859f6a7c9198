import pytest

from linnet.classifiers.base import create
from linnet.errors import ConfigError, UnknownNameError


@pytest.mark.parametrize(("depth", "parameters"), [(20, 0.27e6), (56, 0.85e6)])
def test_the_papers_depths_have_the_papers_sizes(depth, parameters):
    network = create("resnet", {"depth": depth}).build((3, 32, 32), 10)
    assert sum(p.numel() for p in network.parameters()) == pytest.approx(parameters, rel=0.01)


@pytest.mark.parametrize("depth", [0, 2, 21])
def test_a_depth_that_no_such_net_has_is_refused(depth):
    with pytest.raises(ConfigError, match="6n"):
        create("resnet", {"depth": depth})


def test_an_architecture_of_timm_is_built_from_scratch():
    network = create("resnet", {"architecture": "resnet10t"}).build((1, 64, 64), 7)
    assert network.get_classifier().out_features == 7


def test_an_architecture_that_timm_does_not_have_is_refused():
    with pytest.raises(UnknownNameError, match="resnet10t"):
        create("resnet", {"architecture": "resnet10x"}).build((3, 64, 64), 7)
