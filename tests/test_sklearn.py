import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits, make_blobs
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import toys
from linnet import catalog
from linnet.classifiers.base import create
from linnet.sklearn import (
    KNNClassifier,
    LeastSquaresClassifier,
    LinearSVMClassifier,
    SoftmaxRegressionClassifier,
    TwoLayerClassifier,
    pictures_of,
)
from linnet.training.textbook.sgd import LEAST_STEPS

ESTIMATORS = [
    KNNClassifier(),
    LeastSquaresClassifier(),
    LinearSVMClassifier(),
    SoftmaxRegressionClassifier(),
    TwoLayerClassifier(),
]


@pytest.fixture(params=ESTIMATORS, ids=lambda e: type(e).__name__)
def estimator(request, short_descent):
    return clone(request.param)


@pytest.fixture(scope="module")
def color():
    """(60, 3, 8, 6) uint8 pictures of two classes, with names as labels."""
    data = toys.patterns(counts=(30, 30), shape=(3, 8, 6))
    return data.images.numpy(), np.array(data.class_names)[data.labels.numpy()]


@pytest.fixture(scope="module")
def blobs():
    return make_blobs(n_samples=80, centers=3, n_features=4, cluster_std=1.0, random_state=0)


@pytest.mark.usefixtures("short_descent")
@parametrize_with_checks([type(estimator)() for estimator in ESTIMATORS])
def test_scikit_learns_own_check_passes(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks([TwoLayerClassifier(), SoftmaxRegressionClassifier(solver="sgd")])
def test_scikit_learns_own_check_passes_with_every_step_of_the_descent(estimator, check, monkeypatch):
    monkeypatch.setattr("linnet.training.textbook.sgd.LEAST_STEPS", LEAST_STEPS)
    check(estimator)


def test_scikit_learns_check_of_array_interfaces_passes_too():
    # It skips itself unless SciPy was imported with this variable set, hence a process of its own.
    program = (
        "import torch\n"
        "import linnet.sklearn as s\n"
        "from linnet.training.textbook import sgd\n"
        "torch.set_num_threads(1)\n"
        "sgd.LEAST_STEPS = 250\n"
        "from sklearn.utils.estimator_checks import check_array_api_input\n"
        f"for name in {[type(e).__name__ for e in ESTIMATORS]}:\n"
        "    check_array_api_input(name, getattr(s, name)(), 'numpy', expect_only_array_outputs=False)\n"
    )
    environment = {**os.environ, "SCIPY_ARRAY_API": "1"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# -- settings ----------------------------------------------------------------------------------------------------


def test_the_constructor_takes_the_settings_of_the_rung_and_no_others(estimator):
    rung = catalog.find("classifiers", estimator._rung)
    assert set(estimator.get_params()) - {"random_state"} == set(rung.setting_names())


def test_defaults_are_those_of_the_rung_but_for_hidden_units(estimator):
    params = {name: value for name, value in estimator.get_params().items() if name != "random_state"}
    fewer = {"hidden": 128} if "hidden" in params else {}
    assert create(estimator._rung, params) == create(estimator._rung, fewer)


def test_settings_reach_the_rung(estimator, blobs):
    estimator.set_params(max_side=5).fit(*blobs)
    assert estimator.rung_.max_side == 5


def test_settings_out_of_their_range_are_refused_at_fit(blobs):
    with pytest.raises(ValueError, match="k"):
        KNNClassifier(k=0).fit(*blobs)
    with pytest.raises(ValueError, match=r"knn\.metric should be"):
        KNNClassifier(metric="l3").fit(*blobs)


def test_the_same_random_state_gives_the_same_bits(estimator, blobs):
    X, y = blobs
    assert np.array_equal(clone(estimator).fit(X, y).predict_proba(X), clone(estimator).fit(X, y).predict_proba(X))


def test_a_random_state_of_numpy_is_taken(blobs):
    X, y = blobs
    drawn = [TwoLayerClassifier(random_state=np.random.RandomState(s)).fit(X, y).predict_proba(X) for s in (0, 0, 1)]
    assert np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])


# -- life among other estimators ---------------------------------------------------------------------------------


def test_it_works_in_a_pipeline(estimator, blobs):
    X, y = blobs
    assert (
        make_pipeline(StandardScaler(), estimator).fit(X * [1, 1000, 1e-3, 1], y).score(X * [1, 1000, 1e-3, 1], y) > 0.9
    )


def test_it_works_under_cross_validation(estimator, blobs):
    assert cross_val_score(estimator, *blobs, cv=3).mean() > 0.9


def test_its_settings_can_be_searched(blobs):
    grid = {"knnclassifier__k": np.array([1, 3]), "knnclassifier__metric": ["l1", "l2"]}
    search = GridSearchCV(make_pipeline(StandardScaler(), KNNClassifier()), grid, cv=3).fit(*blobs)
    assert search.best_score_ > 0.9
    assert set(search.best_params_) == set(grid)


def test_it_survives_pickling(estimator, blobs):
    X, y = blobs
    estimator.fit(X, y)
    back = pickle.loads(pickle.dumps(estimator))  # noqa: S301 -- scikit-learn's way between processes
    assert np.array_equal(back.predict_proba(X), estimator.predict_proba(X))


def test_labels_may_be_names(estimator, blobs):
    X, y = blobs
    names = np.array(["owl", "tit", "emu"])[y]
    estimator.fit(X, names)
    assert estimator.classes_.tolist() == ["emu", "owl", "tit"]
    assert (estimator.predict(X) == names).mean() > 0.9


def test_columns_of_a_data_frame_are_remembered(estimator, blobs):
    pandas = pytest.importorskip("pandas")
    X, y = blobs
    frame = pandas.DataFrame(X, columns=["a", "b", "c", "d"])
    estimator.fit(frame, pandas.Series(y))
    assert estimator.feature_names_in_.tolist() == ["a", "b", "c", "d"]
    with pytest.raises(ValueError, match="feature names"):
        estimator.predict(frame[["b", "a", "c", "d"]])


def test_features_of_any_scale_are_learned(estimator):
    """Each feature is a channel of its own; only the distances of knn are taken as they are."""
    X, y = make_blobs(n_samples=120, centers=3, n_features=4, random_state=1)
    scale = 1e4 if isinstance(estimator, KNNClassifier) else np.array([1e-6, 1, 1e6, 10])
    assert estimator.fit(X * scale, y).score(X * scale, y) > 0.9


# -- pictures ----------------------------------------------------------------------------------------------------


def test_pictures_of_both_layouts_and_types_are_the_same_pictures(estimator, color):
    pictures, labels = color
    estimator.fit(pictures, labels)
    assert estimator.image_shape_ == (3, 8, 6)
    assert estimator.n_features_in_ == 144
    p = estimator.predict_proba(pictures)
    assert np.array_equal(estimator.predict_proba(np.moveaxis(pictures, 1, 3)), p)
    assert np.allclose(estimator.predict_proba(pictures / 255), p, atol=1e-4)
    assert np.allclose(estimator.predict_proba((pictures / 255).astype(np.float32)), p, atol=1e-4)
    assert np.array_equal(clone(estimator).fit(np.moveaxis(pictures, 1, 3), labels).predict_proba(pictures), p)


def test_what_learned_from_float_pictures_predicts_bytes(estimator, color):
    pictures, labels = color
    estimator.fit(pictures / 255, labels)
    assert estimator.score(pictures / 255, labels) > 0.9
    assert np.allclose(estimator.predict_proba(pictures), estimator.predict_proba(pictures / 255), atol=1e-4)


def test_pictures_go_through_cross_validation(estimator, color):
    assert cross_val_score(estimator, *color, cv=3).mean() > 0.9


def test_pictures_learn_what_the_rung_learns_from_them(estimator):
    data, test = toys.patterns(shape=(1, 8, 8)), toys.patterns(shape=(1, 8, 8), seed=1)
    settings = {name: value for name, value in estimator.get_params().items() if name != "random_state"}
    rung = create(estimator._rung, settings).fit(data, seed=0)
    estimator.fit(data.images.numpy(), data.labels.numpy())
    predicted = estimator.predict(test.images.numpy())
    assert (predicted == rung.predict(test.images).numpy()).mean() > 0.95


def test_large_pictures_are_shrunk_by_the_rung():
    data = toys.patterns(counts=(20, 20), shape=(3, 40, 60), noise=20)
    model = SoftmaxRegressionClassifier(max_side=10).fit(data.images.numpy(), data.labels.numpy())
    assert model.n_features_in_ == 3 * 40 * 60
    assert model.score(data.images.numpy(), data.labels.numpy()) > 0.9


def test_gray_pictures_are_told_by_their_one_channel():
    assert pictures_of(np.zeros((2, 8, 9, 1), dtype=np.uint8)).shape == (2, 1, 8, 9)
    assert pictures_of(np.zeros((2, 1, 8, 9))).shape == (2, 1, 8, 9)
    assert pictures_of(np.zeros((2, 8, 9, 3))).shape == (2, 3, 8, 9)


@pytest.mark.parametrize("X", [np.zeros((2, 3)), np.zeros(3), [[1.0, 2.0]], "text", None])
def test_what_has_not_four_axes_is_no_picture(X):
    assert pictures_of(X) is None


@pytest.mark.parametrize(
    ("X", "says"),
    [
        (np.zeros((2, 3, 8, 3), dtype=np.uint8), "both the second and the last axis could be the channels"),
        (np.zeros((2, 1, 8, 3), dtype=np.uint8), "both the second and the last axis"),
        (np.zeros((2, 8, 8, 4), dtype=np.uint8), "neither the second nor the last axis"),
        (np.zeros((2, 8, 8, 3), dtype=np.int64), "uint8, or float in"),
        (np.full((2, 8, 8, 3), 255.0), r"reach 255 \.\. 255. Divide by 255"),
        (np.full((2, 8, 8, 3), -0.5), "values in"),
        (np.full((2, 8, 8, 3), np.nan), "reach nan"),
    ],
)
def test_pictures_of_no_clear_layout_or_range_are_refused(X, says):
    with pytest.raises(ValueError, match=says):
        KNNClassifier().fit(X, [0, 1])


def test_pictures_and_matrices_are_not_mixed(color, blobs):
    on_pictures, on_matrix = KNNClassifier().fit(*color), KNNClassifier().fit(*blobs)
    with pytest.raises(ValueError, match=r"learned from pictures of \(c, h, w\) = \(3, 8, 6\); .* not a matrix"):
        on_pictures.predict(color[0].reshape(60, -1))
    with pytest.raises(ValueError, match=r"learned from a matrix; .* not pictures"):
        on_matrix.predict(color[0])
    with pytest.raises(ValueError, match=r"= \(3, 8, 6\); .* not pictures of \(c, h, w\) = \(3, 6, 8\)"):
        on_pictures.predict(np.swapaxes(color[0], 2, 3))


def test_pictures_want_one_label_each(color):
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        KNNClassifier().fit(color[0], color[1][:-1])


def test_an_unfitted_estimator_refuses_pictures_too(estimator, color):
    with pytest.raises(NotFittedError):
        estimator.predict(color[0])


def test_the_digits_are_learned_from_pictures(estimator):
    digits = load_digits()
    pictures = (digits.images * 255 / 16).round().astype(np.uint8)[:, None]
    estimator.fit(pictures[:600], digits.target[:600])
    assert estimator.score(pictures[1000:], digits.target[1000:]) > 0.85
