"""The rungs as scikit-learn estimators, on feature matrices or on arrays of pictures; the mathematics is theirs."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Self, cast

import numpy as np
import numpy.typing as npt
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor

from linnet.classifiers.base import create
from linnet.classifiers.features import Features, FlatClassifier
from linnet.datasets.base import tensor_of
from linnet.errors import LinnetError
from linnet.progress import SILENT

Array = npt.NDArray[Any]


class _RungEstimator(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Do what the estimators share; each of them names its rung and its settings.

    Settings are fields of a dataclass, which writes the constructor that scikit-learn wants: every setting spelled
    out, stored under its name, and nothing else done. How estimators compare and show themselves stays scikit-learn's.

    X is either a matrix (n, d) of any finite numbers, each feature being a channel of its own, or pictures:
    (n, h, w, c) or (n, c, h, w) with c = 1 or 3, uint8 or float in [0, 1]. The axis of length 1 or 3 is the channels;
    where both the second and the last are, the layout cannot be told and the pictures are refused.

    Attributes:
        classes_: (k,) the labels, of any type, sorted; the order of the probability columns.
        n_features_in_: d; of pictures c * h * w.
        image_shape_: (c, h, w) of pictures, None after learning from a matrix.
        rung_: The fitted rung.
    """

    _rung: ClassVar[str]

    def fit(self, X: Any, y: Any) -> Self:
        """Learn, forgetting whatever was learned before.

        Args:
            X: (n, d) float matrix, or pictures of four axes; see the class.
            y: (n,) labels of any type.

        Raises:
            ValueError: what scikit-learn refuses, pictures of no clear layout, or settings out of their range.
        """
        pictures = pictures_of(X)
        matrix, labels = self._validated(X, pictures, y=y)
        check_classification_targets(labels)
        classes, encoded = np.unique(labels, return_inverse=True)
        values = tensor_of(matrix if pictures is None else pictures)
        settings = {name: _plain(value) for name, value in self.get_params(deep=False).items()}
        seed = int(check_random_state(settings.pop("random_state", 0)).randint(2**31 - 1))
        try:
            rung = cast(FlatClassifier, create(self._rung, settings))
            train = Features(
                values=_rows(rung, values),
                labels=torch.from_numpy(encoded.astype(np.int64)),
                n_classes=len(classes),
                n_channels=values.shape[1],
            )
            rung.fit_features(train, seed=seed, progress=SILENT)
        except LinnetError as error:
            raise ValueError(str(error)) from error
        self.classes_, self.rung_ = classes, rung
        self.image_shape_ = None if pictures is None else pictures.shape[1:]
        self._learned_bytes = values.dtype == torch.uint8
        return self

    def predict_proba(self, X: Any) -> Array:
        """Say how likely each class is.

        Args:
            X: (n, d) float matrix or pictures, whichever `fit` learned from; pictures of either layout and type.

        Returns:
            (n, k) float64, rows sum to 1, columns in the order of `classes_`.

        Raises:
            sklearn.exceptions.NotFittedError: before fit.
            ValueError: what scikit-learn refuses, or pictures of another shape than in `fit`.
        """
        check_is_fitted(self)
        pictures = pictures_of(X)
        shape = None if pictures is None else pictures.shape[1:]
        if shape != self.image_shape_ and (shape or self.image_shape_):
            wanted, came = (f"pictures of (c, h, w) = {s}" if s else "a matrix" for s in (self.image_shape_, shape))
            raise ValueError(f"{type(self).__name__} learned from {wanted}; give it the same, not {came}.")
        matrix = self._validated(X, pictures, reset=False)
        values = tensor_of(matrix if pictures is None else pictures)
        if values.dtype == torch.uint8 and not self._learned_bytes:
            values = values.to(torch.float32) / 255
        with torch.no_grad():
            rows = _rows(self.rung_, values)
            p = torch.cat([self.rung_.features_proba(part) for part in torch.split(rows, self.rung_.chunk)]).to(
                torch.float64
            )
        return np.asarray(p / p.sum(1, keepdim=True))

    def predict(self, X: Any) -> Array:
        """Return the likeliest label of each row or picture, the first of `classes_` among equals.

        Args:
            X: (n, d) float matrix or pictures, whichever `fit` learned from.

        Returns:
            (n,) labels, of the type that `fit` was given.
        """
        probabilities = self.predict_proba(X)
        return np.asarray(self.classes_[np.argmax(probabilities, axis=1)])

    def _validated(self, X: Any, pictures: Array | None, **more: Any) -> Any:
        """Let scikit-learn check a matrix, or pictures as the rows that they are."""
        if pictures is None:
            return validate_data(self, X, dtype=[np.float64, np.float32], **more)
        return validate_data(self, pictures.reshape(len(pictures), math.prod(pictures.shape[1:])), **more)


@dataclass(kw_only=True, eq=False, repr=False)
class KNNClassifier(_RungEstimator):
    """Let the k most similar training rows vote; exact (see the rung `knn`).

    Args:
        k: How many neighbors vote, at least 1.
        metric: "l1", "l2" or "cosine".
        max_side: Pixels; pictures with a longer side are averaged down to it first. 0: never.
        balance: Whether every class counts alike, however many rows it has.
        random_state: int, RandomState or None: which rows settle the smoothing of the votes, where there are many.
    """

    _rung = "knn"

    k: int = 5
    metric: str = "l2"
    max_side: int = 32
    balance: bool = False
    random_state: Any = 0


@dataclass(kw_only=True, eq=False, repr=False)
class LeastSquaresClassifier(_RungEstimator):
    """Fit an affine map to one-hot labels in closed form (see the rung `least-squares`).

    Args:
        ridge: At least 0: how strongly weights are held at zero.
        max_side: Pixels; pictures with a longer side are averaged down to it first. 0: never.
        balance: Whether every class counts alike, however many rows it has.
    """

    _rung = "least-squares"

    ridge: float = 0.01
    max_side: int = 32
    balance: bool = False


@dataclass(kw_only=True, eq=False, repr=False)
class LinearSVMClassifier(_RungEstimator):
    """Minimize the multi-class hinge loss (see the rung `linear-svm`).

    Args:
        penalty: At least 0: the weight of the squared weights in the loss.
        max_side: Pixels; pictures with a longer side are averaged down to it first. 0: never.
        balance: Whether every class counts alike, however many rows it has.
    """

    _rung = "linear-svm"

    penalty: float = 0.3
    max_side: int = 32
    balance: bool = False


@dataclass(kw_only=True, eq=False, repr=False)
class SoftmaxRegressionClassifier(_RungEstimator):
    """Minimize cross-entropy under an affine map and a softmax (see the rung `softmax-regression`).

    Args:
        penalty: At least 0: the weight of the squared weights in the loss.
        solver: "lbfgs", which goes to the minimum, or "sgd", which alone reads the four settings below.
        batch_size: Rows per step, at least 1.
        learning_rate: Above 0.
        momentum: At least 0, below 1.
        epochs: Rounds over the data, at least 1.
        max_side: Pixels; pictures with a longer side are averaged down to it first. 0: never.
        balance: Whether every class counts alike, however many rows it has.
        random_state: int, RandomState or None: the order of the rows in "sgd".
    """

    _rung = "softmax-regression"

    penalty: float = 0.01
    solver: str = "lbfgs"
    batch_size: int = 100
    learning_rate: float = 0.003
    momentum: float = 0.0
    epochs: int = 20
    max_side: int = 32
    balance: bool = False
    random_state: Any = 0


@dataclass(kw_only=True, eq=False, repr=False)
class TwoLayerClassifier(_RungEstimator):
    """Train a net with one hidden layer: affine, ReLU, affine, softmax (see the rung `two-layer`).

    Args:
        hidden: Hidden units, at least 1; fewer than the rung's default, because tables are smaller than pictures.
        penalty: At least 0: the weight of the squared weights in the loss.
        batch_size: Rows per step, at least 1.
        learning_rate: Above 0; falls to 0 along half a cosine.
        momentum: At least 0, below 1.
        epochs: Rounds over the data, at least 1; small data gets as many as make 400 steps.
        max_side: Pixels; pictures with a longer side are averaged down to it first. 0: never.
        balance: Whether every class counts alike, however many rows it has.
        random_state: int, RandomState or None: the first weights and the order of the rows.
    """

    _rung = "two-layer"

    hidden: int = 128
    penalty: float = 0.003
    batch_size: int = 256
    learning_rate: float = 0.05
    momentum: float = 0.9
    epochs: int = 20
    max_side: int = 32
    balance: bool = False
    random_state: Any = 0


def pictures_of(X: Any) -> Array | None:
    """Take an array of four axes for pictures.

    Args:
        X: Anything; pictures are (n, h, w, c) or (n, c, h, w), c = 1 or 3, uint8 or float in [0, 1].

    Returns:
        (n, c, h, w) uint8 or float32 in [0, 1]; None where X has not four axes.

    Raises:
        ValueError: no axis or both axes could be the channels; another type; values out of their range.
    """
    if len(getattr(X, "shape", ())) != 4:
        return None
    pictures = np.asarray(X)
    first, last = pictures.shape[1] in (1, 3), pictures.shape[3] in (1, 3)
    if first == last:
        why = "both the second and the last axis" if first else "neither the second nor the last axis"
        raise ValueError(
            f"Pictures want the shape (n, h, w, c) or (n, c, h, w) with 1 or 3 channels; in {pictures.shape} "
            f"{why} could be the channels. Reshape them, or flatten them to (n, d)."
        )
    if pictures.dtype != np.uint8 and not np.issubdtype(pictures.dtype, np.floating):
        raise ValueError(f"Pictures want to be uint8, or float in [0, 1]; these are {pictures.dtype}.")
    if pictures.dtype != np.uint8:
        if pictures.size and not (pictures.min() >= 0 and pictures.max() <= 1):
            raise ValueError(
                f"Float pictures want values in [0, 1]; these reach {pictures.min():g} .. {pictures.max():g}. "
                "Divide by 255, or flatten them to (n, d)."
            )
        pictures = pictures.astype(np.float32, copy=False)
    return pictures if first else np.moveaxis(pictures, 3, 1)


def _rows(rung: FlatClassifier, values: Tensor) -> Tensor:
    """Turn pictures into rows as the rung does; a matrix is rows already."""
    return values if values.ndim == 2 else rung.flatten(values)


def _plain(value: Any) -> Any:
    """Take a number out of NumPy's wrapping, in which a search over settings hands it over."""
    return value.item() if isinstance(value, np.generic) else value
