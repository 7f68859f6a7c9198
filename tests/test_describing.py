import pytest

from linnet import catalog, describing
from linnet.errors import ConfigError, ImagesError, UnknownNameError, UnsupportedError


@pytest.mark.parametrize(
    ("family", "name"), [(family, name) for family in catalog.FAMILIES for name in catalog.names(family)]
)
def test_every_entry_of_every_family_is_described(family, name):
    found = describing.described(name)
    assert (found.name, found.family) == (name, family)
    assert found.about == catalog.find(family, name).about
    assert found.text


def test_settings_have_a_type_and_a_default_and_candidates_say_what_they_change():
    found = describing.described("least_squares")
    assert found.settings["ridge"] == ("float", 0.01)
    assert {"ridge": 10.0} in found.candidates
    assert describing.described("sometimes").settings["p"][1] is None


def test_a_name_that_no_family_has_gets_a_guess():
    with pytest.raises(UnknownNameError, match="did you mean 'cutmix'"):
        describing.described("cutmx")


def test_rungs_are_listed_cheap_ones_first():
    names = describing.ladder_names()
    assert names[0] == "majority"
    assert names.index("softmax-regression") < names.index("cnn")
    assert set(names) == set(catalog.names("classifiers"))


def test_settings_are_those_of_the_entry_itself():
    mlp = describing.described("mlp")
    assert describing.own_settings(mlp, {"mlp": {"hidden": [3]}}) == {"hidden": [3]}
    assert describing.own_settings(mlp, {}) == {}
    with pytest.raises(ConfigError, match=r"cnn\.width"):
        describing.own_settings(mlp, {"cnn": {"width": 2}})
    with pytest.raises(ConfigError, match="dropout"):
        describing.own_settings(mlp, {"mlp": {"dropout": 2.0}})
    with pytest.raises(UnsupportedError, match="augmentations"):
        describing.own_settings(describing.described("flip"), {"flip": {"p": 0.1}})


def test_layers_are_those_of_the_settings():
    found = describing.layers(describing.described("mlp"), {"hidden": [5], "batch_norm": False}, (1, 4, 4), 3)
    assert found["parameters"] == 17 * 5 + 6 * 3


def test_what_is_no_network_has_no_layers():
    with pytest.raises(UnsupportedError, match="fast-cnn"):
        describing.layers(describing.described("knn"), {}, (1, 8, 8), 3)
    with pytest.raises(UnsupportedError, match="fast-cnn"):
        describing.layers(describing.described("digits"), {}, (1, 8, 8), 3)


def test_a_network_that_does_not_take_the_shape_says_so():
    with pytest.raises((ImagesError, ConfigError)):
        describing.layers(describing.described("cnn"), {}, (3, 0, 32), 3)


@pytest.mark.parametrize(
    ("annotation", "text"),
    [(int, "int"), ("Literal['a', 'b']", "Literal['a', 'b']"), ("tuple[int, ...]", "tuple[int, ...]")],
)
def test_types_are_written_as_a_user_would(annotation, text):
    assert describing.type_name(annotation) == text


def test_one_line_says_what_an_entry_is_and_of_a_loss_what_can_be_set():
    assert describing.about("losses", "focal").endswith(" (gamma=2.0)")
    assert describing.about("augmentations", "flip") == catalog.find("augmentations", "flip").about
