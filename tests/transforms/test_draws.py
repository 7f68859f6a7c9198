import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import chisquare, kstest

from linnet.errors import ConfigError
from linnet.transforms.draws import Draws

N = 20_000


@pytest.fixture(scope="module")
def many():
    return Draws(seed=1, epoch=0, rows=np.arange(N))


def few(**changes):
    return replace(Draws(seed=1, epoch=0, rows=np.arange(10)), **changes)


def test_types_and_shapes():
    d = few()
    assert (d.uniform("a").dtype, d.uniform("a").shape) == (torch.float64, (10,))
    assert d.uniform("a", shape=(2, 3)).shape == (10, 2, 3)
    assert (d.integers("a", 0, 5).dtype, d.integers("a", 0, 5).shape) == (torch.int64, (10,))
    assert (d.normal("a", (3, 5)).dtype, d.normal("a", (3, 5)).shape) == (torch.float32, (10, 3, 5))
    assert d.normal("a").shape == (10,)
    assert (d.bernoulli("a", 0.5).dtype, d.bernoulli("a", 0.5).shape) == (torch.bool, (10,))
    assert d.partners("a").dtype == torch.int64


def test_no_rows_draw_nothing():
    d = few(rows=np.zeros(0, dtype=np.int64))
    assert d.uniform("a", shape=(2,)).shape == (0, 2)
    assert d.normal("a", (4,)).shape == (0, 4)
    assert len(d.partners("a")) == len(d.integers("a", 0, 3)) == 0


def test_uniform_numbers_are_uniform(many):
    values = many.uniform("a", -2, 3).numpy()
    assert values.min() >= -2
    assert values.max() < 3
    assert kstest((values + 2) / 5, "uniform").pvalue > 0.001


def test_many_numbers_of_one_picture_are_uniform_too():
    values = Draws(seed=1, epoch=0, rows=np.array([7])).uniform("a", shape=(N,)).numpy()[0]
    assert kstest(values, "uniform").pvalue > 0.001


def test_integers_are_as_likely_one_as_another(many):
    values = many.integers("a", -3, 4)
    assert chisquare(np.bincount(values.numpy() + 3, minlength=7)).pvalue > 0.001


def test_an_integer_from_a_range_of_one_is_that_one(many):
    assert set(many.integers("a", 5, 6).tolist()) == {5}


def test_normal_numbers_are_normal(many):
    values = many.normal("a", (3,)).numpy()
    assert kstest(values.ravel(), "norm").pvalue > 0.001
    assert abs(np.corrcoef(values.T)[0, 1]) < 0.03
    assert np.abs(values).max() < 4.4


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 1.0])
def test_truth_comes_as_often_as_asked_for(many, p):
    assert float(many.bernoulli("a", p).float().mean()) == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / N))


@pytest.mark.parametrize(
    "other",
    [few(seed=2), few(epoch=1), few(rows=np.arange(10, 20)), few().nested("a"), few().lasting()],
    ids=["seed", "epoch", "rows", "nested", "lasting"],
)
def test_whatever_differs_makes_unrelated_numbers(other):
    assert not set(few().uniform("a", shape=(50,)).flatten().tolist()) & set(
        other.uniform("a", shape=(50,)).flatten().tolist()
    )


def test_streams_are_not_correlated(many):
    columns = [
        many.uniform("a"),
        many.uniform("b"),
        many.nested("a").uniform("a"),
        replace(many, epoch=1).uniform("a"),
        replace(many, seed=2).uniform("a"),
        replace(many, rows=many.rows + 1).uniform("a"),
    ]
    r = np.corrcoef(np.stack([column.numpy() for column in columns]))
    assert np.abs(r - np.eye(len(columns))).max() < 0.03


def test_paths_are_not_confused_with_longer_names():
    assert not torch.equal(few().nested("a").nested("b").uniform("c"), few().nested("ab").uniform("c"))


def test_a_picture_has_its_numbers_in_any_batch():
    rows = np.array([3, 99, 1_000_000_007, 0])
    together = Draws(seed=1, epoch=2, rows=rows)
    for i, row in enumerate(rows):
        alone = Draws(seed=1, epoch=2, rows=np.array([row]))
        assert float(alone.uniform("a")) == float(together.uniform("a")[i])
        assert torch.equal(alone.normal("a", (5,))[0], together.normal("a", (5,))[i])
        assert int(alone.integers("a", 0, 1000)) == int(together.integers("a", 0, 1000)[i])
        assert torch.equal(together.at(torch.tensor([i])).uniform("a"), alone.uniform("a"))


def test_more_numbers_begin_with_the_same_ones():
    assert torch.equal(few().uniform("a", shape=(3,)), few().uniform("a", shape=(9,))[:, :3])


def test_lasting_draws_are_the_same_in_every_epoch():
    assert torch.equal(few(epoch=3).lasting().uniform("a"), few(epoch=8).lasting().uniform("a"))


def test_partners_are_others_and_each_is_somebodys():
    partners = few().partners("a")
    assert sorted(partners.tolist()) == list(range(10))
    assert all(partners[i] != i for i in range(10))
    assert few(rows=np.array([4])).partners("a").tolist() == [0]


def test_partners_do_not_hang_on_the_order_of_the_batch():
    order = np.random.default_rng(0).permutation(10)
    turned = few(rows=order).partners("a")
    plain = few().partners("a")
    assert [order[j] for j in turned] == [int(plain[i]) for i in order]


def test_other_processes_draw_the_same():
    code = (
        "import numpy as np; from linnet.transforms.draws import Draws;"
        "d = Draws(seed=3, epoch=1, rows=np.array([5, 6])).nested('x');"
        "import sys; sys.stdout.write(repr(d.uniform('a').tolist() + d.normal('b', (2,)).flatten().tolist()))"
    )
    d = Draws(seed=3, epoch=1, rows=np.array([5, 6])).nested("x")
    here = repr(d.uniform("a").tolist() + d.normal("b", (2,)).flatten().tolist())
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == here


def test_the_hash_is_the_published_one():
    # The first outputs of SplitMix64 from state 1234567, as other implementations list them.
    from linnet.transforms.draws import _STEP, _mixed

    words = _mixed(np.uint64(1234567) + np.arange(1, 4, dtype=np.uint64) * _STEP)
    assert [int(word) for word in words] == [6457827717110365317, 3203168211198807973, 9817491932198370423]


@pytest.mark.parametrize("rows", [[1, 2], np.zeros(3), np.zeros((2, 2), dtype=np.int64)], ids=["list", "floats", "2-d"])
def test_rows_of_another_form_are_refused(rows):
    with pytest.raises(ConfigError, match="Draws want row numbers"):
        Draws(seed=0, epoch=0, rows=rows)
