"""Where quicker ways take torch's place: inside of one `with`, on processors, in whatever network is called there."""

from typing import Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from linnet.training.kernels.convolutions import small_maps
from linnet.training.kernels.gelu import gelu


class QuickKernels(TorchFunctionMode):
    """Let convolutions over small maps and GELU take their quicker ways; all else is torch's own.

    Networks stay plain modules: nothing of this is in what is saved, exported or shown to a tool that looks at layers.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Take the place of a function where there is a quicker way; a call by keywords alone is left as it is."""
        kwargs = kwargs or {}
        out: Any = None
        if func is torch.conv2d and not kwargs:
            out = small_maps(*args)
        elif func is functional.gelu and args:
            out = gelu(*args, **kwargs)
        return func(*args, **kwargs) if out is None else out
