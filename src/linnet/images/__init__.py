"""What a picture is and how a file's bytes become one; where files lie and what they are labelled is not known here.

One code path serves packing, prediction and everything else: content decides what a file is, never its extension;
EXIF orientation is applied; 16-bit and float pictures are scaled without clipping; alpha is laid over white; of
several frames the first counts; embedded color profiles are not applied. Nothing here imports torch, because the
processes that decode must start in a fraction of a second.
"""

from linnet.images.decoding import DECODING, Picture, Undecoded, decode, inspect, read
from linnet.images.facts import Facts
from linnet.images.files import LIMITS, Limits, may_pass, read_file
from linnet.images.geometry import Fit, Geometry, Pixels, fit
from linnet.images.refusal import quiet

__all__ = [
    "DECODING",
    "LIMITS",
    "Facts",
    "Fit",
    "Geometry",
    "Limits",
    "Picture",
    "Pixels",
    "Undecoded",
    "decode",
    "fit",
    "inspect",
    "may_pass",
    "quiet",
    "read",
    "read_file",
]
