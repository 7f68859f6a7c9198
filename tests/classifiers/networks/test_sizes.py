import pytest

from linnet.classifiers.networks.sizes import check_sizes
from linnet.errors import ConfigError


def test_any_positive_shape_and_number_of_classes_passes():
    check_sizes((1, 1, 1), 1)
    check_sizes((7, 224, 3), 1000)


@pytest.mark.parametrize("shape", [(0, 8, 8), (3, -1, 8), (3, 8, 0), (3, 8), (3, 8.0, 8), (1, 3, 8, 8)])
def test_a_shape_that_is_none_is_refused_with_its_value(shape):
    with pytest.raises(ConfigError, match=r"\(channels, height, width\)") as caught:
        check_sizes(shape, 2)
    assert repr(shape) in str(caught.value)


def test_no_classes_are_refused():
    with pytest.raises(ConfigError, match="at least 1 class"):
        check_sizes((3, 8, 8), 0)
