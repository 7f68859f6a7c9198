import time
from types import SimpleNamespace

import pytest
import torch

import toys
from linnet.classifiers.base import create
from linnet.evaluation.fitting import timed_fit
from linnet.records.history import History


def test_it_fits_and_measures():
    data = toys.patterns()
    rung = create("least-squares", {})
    started = time.perf_counter()
    seconds = timed_fit(rung, data, None, seed=3)
    assert 0 < seconds <= time.perf_counter() - started
    alone = create("least-squares", {}).fit(data, seed=3)
    assert torch.equal(rung.predict_proba(data.images), alone.predict_proba(data.images))


@pytest.mark.parametrize(("known", "at_least"), [(1000.0, 1000.0), (0.0, 0.0)])
def test_seconds_before_an_interruption_are_counted(known, at_least):
    rung = create("majority", {})
    rung.history_ = History(epochs=(SimpleNamespace(seconds=known),))
    rung.fit = lambda *_args, **_more: rung
    seconds = timed_fit(rung, toys.patterns(), None, seed=0)
    assert at_least <= seconds < at_least + 10
