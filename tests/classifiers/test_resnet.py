import numpy as np
import pytest
import torch

import toys
from linnet import cli
from linnet.classifiers.base import create, load
from linnet.errors import ConfigError, UnknownNameError

STATISTICS = torch.zeros(3), torch.ones(3)


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


def test_an_architecture_that_timm_does_not_have_is_refused_before_any_work():
    with pytest.raises(UnknownNameError, match="no timm architecture named 'resnet10x'; did you mean 'resnet10t'"):
        create("resnet", {"architecture": "resnet10x"})


def test_a_misspelt_architecture_is_said_before_the_data_are_looked_for(capsys):
    words = ["train", "no-such-folder", "--classifier", "resnet", "--set", "resnet.architecture=resnet10x"]
    assert cli.run(words) == 1
    said = capsys.readouterr().err
    assert "did you mean 'resnet10t'" in said
    assert "no-such-folder" not in said


@pytest.mark.usefixtures("one_round")
@pytest.mark.parametrize("architecture", ["test_resnet", "test_vit"])
def test_an_architecture_of_timm_learns_and_predicts_the_same_after_saving(tmp_path, architecture):
    data, valid = toys.patterns(shape=(3, 32, 32)), toys.patterns(counts=(8, 8, 8), shape=(3, 32, 32), seed=1)
    settings = {"architecture": architecture, "batch_size": 40, "precision": "float32", "augment": "none"}
    rung = create("resnet", settings).fit(data, valid, seed=2)
    (row,) = rung.history_.epochs
    assert (row.step, row.valid_accuracy is not None) == (3, True)
    before = torch.cat([p.detach().flatten() for p in rung._network((3, 32, 32), 3, STATISTICS, seed=2).parameters()])
    after = torch.cat([p.detach().flatten() for p in rung.network().parameters()])
    assert not torch.equal(before, after)
    rung.save(tmp_path)
    loaded = load(tmp_path)
    assert loaded.architecture == architecture
    assert np.array_equal(loaded.predict_proba(valid.images), rung.predict_proba(valid.images))
