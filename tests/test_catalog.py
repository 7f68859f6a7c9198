import importlib.metadata
import sys
from types import ModuleType

import pytest

from linnet import catalog
from linnet.classifiers.base import Classifier
from linnet.classifiers.majority import MajorityClassifier
from linnet.errors import UnknownNameError


@pytest.fixture
def plugins(monkeypatch):
    """Let a test offer entry points, as an installed package would."""
    offered = []
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [p for p in offered if p.group == group])
    catalog._modules.cache_clear()
    yield offered
    catalog._modules.cache_clear()


def test_an_entry_is_found_by_its_file_name():
    assert "majority" in catalog.names("classifiers")
    assert catalog.find("classifiers", "majority") is MajorityClassifier


def test_contract_and_machinery_are_no_entries():
    assert not {"base", "features", "gradient"} & set(catalog.names("classifiers"))
    assert "base" not in catalog.names("datasets")


def test_names_are_sorted_and_written_with_hyphens():
    names = catalog.names("classifiers")
    assert list(names) == sorted(names)
    assert not any("_" in name for name in names)


@pytest.mark.parametrize("family", sorted(catalog.FAMILIES))
def test_every_entry_that_is_listed_is_found(family):
    for name in catalog.names(family):
        assert isinstance(catalog.find(family, name), type)


def test_underscores_count_as_hyphens(plugins, monkeypatch):
    _offer(plugins, monkeypatch, "two-words")
    assert catalog.find("classifiers", "two_words").__name__ == "Plugged"


def test_an_unknown_entry_is_refused_with_the_nearest_name():
    with pytest.raises(UnknownNameError, match=r"no classifier named 'majorty'; did you mean 'majority'\?"):
        catalog.find("classifiers", "majorty")


def test_an_unknown_family_is_refused():
    with pytest.raises(UnknownNameError, match="did you mean 'classifiers'"):
        catalog.names("clasifiers")
    with pytest.raises(UnknownNameError):
        catalog.find("nothing", "majority")


@pytest.mark.parametrize("value", ["plugged_rung", "plugged_rung:Plugged"])
def test_a_plugin_is_found_through_its_entry_point(plugins, monkeypatch, value):
    _offer(plugins, monkeypatch, "plugged", value)
    assert "plugged" in catalog.names("classifiers")
    assert catalog.find("classifiers", "plugged").__name__ == "Plugged"


def test_a_plugin_cannot_take_the_name_of_an_own_entry(plugins, monkeypatch):
    _offer(plugins, monkeypatch, "majority")
    assert catalog.find("classifiers", "majority") is MajorityClassifier


def test_a_file_without_an_entry_is_refused(plugins, monkeypatch):
    _offer(plugins, monkeypatch, "hollow")
    del sys.modules["plugged_rung"].Plugged
    with pytest.raises(UnknownNameError, match="hollow"):
        catalog.find("classifiers", "hollow")


def _offer(plugins, monkeypatch, name, value="plugged_rung"):
    module = ModuleType("plugged_rung")
    module.Imported = MajorityClassifier  # what a file merely imports is not its entry
    module.Plugged = type("Plugged", (Classifier,), {"__module__": "plugged_rung"})
    monkeypatch.setitem(sys.modules, "plugged_rung", module)
    plugins.append(importlib.metadata.EntryPoint(name=name, value=value, group="linnet.classifiers"))


def test_an_entry_is_named_after_its_file_and_its_fields_are_its_settings():
    entry = catalog.find("augmentations", "pad-crop")
    assert entry.name() == "pad-crop"
    assert "padding" in entry.setting_names()


def test_an_entry_without_settings_need_be_no_dataclass():
    class Plain(catalog.Entry):
        pass

    assert Plain.setting_names() == ()
    assert Plain.name() == __name__.rpartition(".")[2].replace("_", "-")
