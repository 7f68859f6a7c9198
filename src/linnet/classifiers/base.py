"""The contract of every rung: a final shell that does all checking, around hooks that are pure mathematics."""

import copy
import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from linnet import catalog
from linnet.classifiers.tempering import checked_temperature, tempered
from linnet.datasets.base import Dataset, tensor_of
from linnet.errors import DataError, ImagesError, LinnetError, NotFittedError, RunError, UnknownNameError
from linnet.progress import SILENT, Progress
from linnet.records.decode import make
from linnet.records.files import read_json, write_bytes, write_json

FORMAT = 2
"""Version of model.json; raised when an older Linnet could not read it any more. 2: with a temperature."""

Images = Tensor | npt.NDArray[Any]

_DAMAGE = (LinnetError, OSError, AttributeError, LookupError, TypeError, ValueError, RuntimeError, SafetensorError)
"""What goes wrong where a model folder holds other things than `save` wrote."""


class Classifier(catalog.Entry, ABC):
    """Learn from labelled pictures and give probabilities; an entry is a keyword-only dataclass.

    Its fields are its hyper-parameters, checked when it is made. What fit learns ends with an underscore.

    Attributes:
        class_names_: k names in the order of the probability columns, known after fit.
        image_shape_: (c, h, w) that pictures must have, known after fit.
        temperature_: What logits are divided by; 1, which changes nothing, until `calibrated` sets another.
        about: One line for lists.
        position: Place on the ladder; cheap rungs have small numbers and run first.
        chunk: Pictures per call of the hook that predicts; bounds memory, changes no result.
    """

    class_names_: tuple[str, ...]
    image_shape_: tuple[int, int, int]
    temperature_: float = 1.0
    chunk: ClassVar[int] = 2000
    about: ClassVar[str]
    position: ClassVar[int] = 100

    # -- what users call -----------------------------------------------------------------------------------------

    def fit(self, train: Dataset, valid: Dataset | None = None, *, seed: int = 0, progress: Progress = SILENT) -> Self:
        """Learn from labelled pictures, forgetting whatever was learned before.

        Args:
            train: At least one picture.
            valid: Watched by rungs that learn in rounds, decides only where `needs_valid`; classes and shape as in
                `train`.
            seed: The same seed, data and machine give the same classifier to the bit.
            progress: Where long work reports to.

        Raises:
            DataError: no pictures, or `valid` has other classes.
            ImagesError: `valid` has pictures of another shape.
        """
        if len(train) == 0:
            raise DataError("A classifier wants at least one training picture; it got none.")
        if valid is not None and valid.class_names != train.class_names:
            raise DataError(
                f"Training and validation data must have the same classes in the same order; "
                f"they have {', '.join(train.class_names)} and {', '.join(valid.class_names)}."
            )
        if valid is not None and valid.image_shape != train.image_shape:
            raise ImagesError(
                f"Training and validation pictures must have one shape; "
                f"they have {train.image_shape} and {valid.image_shape}."
            )
        for learned in [name for name in vars(self) if name.endswith("_")]:
            delattr(self, learned)
        self._fit(train, valid, seed=seed, progress=progress)
        self.class_names_ = train.class_names
        self.image_shape_ = train.image_shape
        return self

    def predict_proba(self, images: Images) -> Tensor:
        """Say how likely each class is.

        Args:
            images: (n, c, h, w) uint8, or float32 in [0, 1]; n may be 0; (c, h, w) as in training.

        Returns:
            (n, k) float32, rows sum to 1, no entry is zero, columns in the order of `class_names_`.

        Raises:
            NotFittedError: before fit.
            ImagesError: another shape, type or range.
        """
        pixels = self._checked(images)
        parts = [torch.zeros(0, len(self.class_names_))]
        with torch.no_grad():
            for chunk in torch.split(pixels, self.chunk) if len(pixels) else ():
                probabilities = self._predict_proba(chunk).to(torch.float64)
                probabilities = probabilities / probabilities.sum(1, keepdim=True)
                # What is too small for float32 would become a zero, and one zero makes a log-loss infinite.
                least = torch.finfo(torch.float32).tiny
                said = probabilities.to(torch.float32).clamp(min=least)
                parts.append(tempered(said, self.temperature_).clamp(min=least))
        return torch.cat(parts)

    def predict(self, images: Images) -> Tensor:
        """Return the likeliest class of each picture, the smallest index among equals, as (n,) int64."""
        return torch.from_numpy(np.argmax(self.predict_proba(images).numpy(), axis=1).astype(np.int64))

    def calibrated(self, temperature: float) -> Self:
        """Return the same classifier, weights shared, whose logits are divided by a temperature.

        It predicts the same classes, surer of them with one below 1 and less sure above; the next fit forgets it.

        Raises:
            NotFittedError: before fit.
            ConfigError: no finite number above 0.
        """
        self._check_fitted()
        other = copy.copy(self)
        other.temperature_ = checked_temperature(temperature)
        return other

    def save(self, folder: Path, *, geometry: dict[str, Any] | None = None) -> None:
        """Write weights.safetensors and then model.json, each atomically; the second one says that all is there.

        Args:
            folder: Made if needed.
            geometry: How pictures from files get the shape of `image_shape_`, for whoever predicts files later.

        Raises:
            NotFittedError: before fit.
        """
        self._check_fitted()
        state = {name: tensor.contiguous() for name, tensor in self._state().items()}
        write_bytes(folder / "weights.safetensors", save(state))
        write_json(
            folder / "model.json",
            {
                "format": FORMAT,
                "classifier": self.name(),
                "class_names": list(self.class_names_),
                "image_shape": list(self.image_shape_),
                "geometry": geometry,
                "settings": self.settings(),
                "temperature": self.temperature_,
            },
        )

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a saved classifier back; it predicts exactly as the one that was saved.

        Raises:
            RunError: files missing, damaged, of a newer format or of another classifier.
        """
        described = _described(folder)
        if described.get("classifier") != cls.name():
            raise RunError(f"{folder} holds a {described.get('classifier')!r}, not a {cls.name()!r}.")
        try:
            state = load_file(folder / "weights.safetensors")
            known = {name: tuple(v) if isinstance(v, list) else v for name, v in described["settings"].items()}
            classifier = cls(**known)
            classifier.class_names_ = tuple(described["class_names"])
            c, h, w = described["image_shape"]
            classifier.image_shape_ = (c, h, w)
            # Format 1 had none.
            classifier.temperature_ = checked_temperature(described.get("temperature", 1.0))
            classifier._restore(state)
        except _DAMAGE as error:
            raise RunError(f"The classifier in {folder} is damaged or incomplete ({error}); train it again.") from None
        return classifier

    def settings(self) -> dict[str, Any]:
        """Return the hyper-parameters as plain values that JSON and TOML can hold."""
        values = {name: getattr(self, name) for name in self.setting_names()}
        return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items()}

    def with_settings(self, **changes: Any) -> Self:
        """Return an unfitted copy with some hyper-parameters changed."""
        return replace(self, **changes)  # type: ignore[type-var]

    def candidates(self) -> Sequence[Self]:
        """List the few settings that model selection may choose from, the simplest first; at least one."""
        return [self.with_settings(**changes) for changes in self._candidates()]

    @property
    def needs_valid(self) -> bool:
        """Whether validation data decide something in fit (when to stop); such a rung is not refitted on them."""
        return False

    def n_parameters(self) -> int:
        """Count the learned numbers; stored training pixels (uint8) are not counted, see `n_bytes`."""
        self._check_fitted()
        return sum(tensor.numel() for tensor in self._state().values() if tensor.is_floating_point())

    def n_bytes(self) -> int:
        """Count the bytes that the classifier needs to predict."""
        self._check_fitted()
        return sum(tensor.numel() * tensor.element_size() for tensor in self._state().values())

    # -- what an entry fills -------------------------------------------------------------------------------------

    @abstractmethod
    def _fit(self, train: Dataset, valid: Dataset | None, *, seed: int, progress: Progress) -> None:
        """Learn; everything that predictions need goes into attributes that end with an underscore."""

    @abstractmethod
    def _predict_proba(self, images: Tensor) -> Tensor:
        """Return (b, k) for (b, c, h, w) uint8 or float32 in [0, 1]: nonnegative, rows with a positive sum."""

    @abstractmethod
    def _state(self) -> dict[str, Tensor]:
        """Return what was learned, as tensors by name."""

    @abstractmethod
    def _restore(self, state: dict[str, Tensor]) -> None:
        """Take back what `_state` returned; classes and shape are set already."""

    @abstractmethod
    def _candidates(self) -> Sequence[dict[str, Any]]:
        """List changes of settings to choose from, the simplest first; [{}] where there is nothing to choose."""

    # -- checks --------------------------------------------------------------------------------------------------

    def _check_fitted(self) -> None:
        if not hasattr(self, "class_names_"):
            raise NotFittedError(f"{self.name()} has not learned anything yet; call fit first.")

    def _checked(self, images: Images) -> Tensor:
        self._check_fitted()
        pixels = tensor_of(images)
        if pixels.ndim != 4 or tuple(pixels.shape[1:]) != self.image_shape_:
            c, h, w = self.image_shape_
            raise ImagesError(f"{self.name()} wants pictures of shape (n, {c}, {h}, {w}); got {tuple(pixels.shape)}.")
        if pixels.dtype not in (torch.uint8, torch.float32):
            raise ImagesError(f"{self.name()} wants uint8, or float32 in [0, 1]; got {pixels.dtype}.")
        if pixels.dtype == torch.float32 and len(pixels):
            low, high = float(pixels.min()), float(pixels.max())
            if math.isnan(low + high) or low < 0 or high > 1:
                raise ImagesError(f"Float pictures must lie in [0, 1]; these reach {low:g} .. {high:g}.")
        return pixels


def create(name: str, settings: dict[str, Any]) -> Classifier:
    """Make an unfitted rung from its name and settings.

    Raises:
        UnknownNameError: no such rung, or it has no such setting.
        ConfigError: a value of the wrong type or out of its range.
    """
    entry: type[Classifier] = catalog.find("classifiers", name)
    return make(entry, entry.name(), settings)


def load(folder: Path) -> Classifier:
    """Read whatever rung was saved into a folder.

    Raises:
        RunError: not a saved classifier, or one that this Linnet does not know.
    """
    name = str(_described(folder).get("classifier"))
    try:
        entry: type[Classifier] = catalog.find("classifiers", name)
    except UnknownNameError as error:
        raise RunError(f"{folder} holds a classifier that this Linnet does not have. {error}") from None
    return entry.load(folder)


def _described(folder: Path) -> dict[str, Any]:
    """Read model.json as far as its format and its being a table."""
    path = folder / "model.json"
    plain = read_json(path)
    found = plain.get("format") if isinstance(plain, dict) else None
    if not isinstance(found, int):
        raise RunError(f"{path} does not describe a classifier; the folder is damaged.")
    if found > FORMAT:
        raise RunError(f"{path} has format {found}, this Linnet reads up to {FORMAT}; install a newer one.")
    return dict(plain)
