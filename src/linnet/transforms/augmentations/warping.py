"""Smooth moves of whole batches, each picture by its own matrix: build the matrices, and sample the pixels."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from linnet.transforms.augmentations.moving import Edge
from linnet.transforms.draws import Draws

Number = float | Tensor


def angles(draws: Draws, name: str, degrees: float) -> Tensor:
    """Draw (b,) angles of -degrees .. degrees, each as likely, in radians."""
    return draws.uniform(name, -degrees, degrees) * (math.pi / 180)


def matrices(rows: list[list[Number]], like: Tensor) -> Tensor:
    """Put 3 x 3 entries, each a number or a (b,) tensor, together as (b, 3, 3) float64."""
    zeros = torch.zeros_like(like, dtype=torch.float64)
    return torch.stack([torch.stack([zeros + entry for entry in row], -1) for row in rows], -2)


def rotation(turns: Tensor) -> Tensor:
    """Turn pictures clockwise, as (b, 3, 3) float64; turns in radians.

    A matrix says for each pixel of the result where in the picture it comes from. Positions are (x, y, 1) in pixels
    from the picture's middle, y downwards. So to turn clockwise, look counterclockwise of the pixel.
    """
    cos, sin = torch.cos(turns), torch.sin(turns)
    return matrices([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]], turns)


def scaling(factors: Tensor) -> Tensor:
    """Enlarge pictures by (b,) factors about their middle, as (b, 3, 3) float64."""
    return matrices([[1 / factors, 0.0, 0.0], [0.0, 1 / factors, 0.0], [0.0, 0.0, 1.0]], factors)


def shearing(across: Number, down: Number, like: Tensor) -> Tensor:
    """Slant pictures: a pixel comes from x + across y, y + down x; (b, 3, 3) float64."""
    return matrices([[1.0, across, 0.0], [down, 1.0, 0.0], [0.0, 0.0, 1.0]], like)


def shifting(right: Number, down: Number, like: Tensor) -> Tensor:
    """Move pictures by pixels, not necessarily whole ones; (b, 3, 3) float64."""
    return matrices([[1.0, 0.0, -right], [0.0, 1.0, -down], [0.0, 0.0, 1.0]], like)


def to_corners(corners: Tensor, height: int, width: int) -> Tensor:
    """Bring the corners of pictures to given places.

    The map from the unit square to a quadrilateral is known in closed form; divided by the picture's size and
    inverted, it tells where each pixel of the result comes from. A projective map times a number is the same map, so
    the inverse may be the adjugate, whose rows are the cross products of the matrix's columns.

    Args:
        corners: (b, 4, 2) float64: where top left, top right, bottom right and bottom left go, as (x, y) in pixels
            from the picture's middle.
        height: Pixels.
        width: Pixels.

    Returns:
        (b, 3, 3) float64.

    Source:
        Heckbert 1989, "Fundamentals of texture mapping and image warping", section 2.2.3.
    """
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = (corner.unbind(-1) for corner in corners.unbind(1))
    sx, sy = x0 - x1 + x2 - x3, y0 - y1 + y2 - y3
    dx1, dy1, dx2, dy2 = x1 - x2, y1 - y2, x3 - x2, y3 - y2
    area = dx1 * dy2 - dx2 * dy1
    g, h = (sx * dy2 - dx2 * sy) / area, (dx1 * sy - sx * dy1) / area
    square_to_corners = matrices(
        [[x1 - x0 + g * x1, x3 - x0 + h * x3, x0], [y1 - y0 + g * y1, y3 - y0 + h * y3, y0], [g, h, 1.0]], x0
    )
    first, second, third = square_to_corners.unbind(-1)
    inverse = torch.stack(
        [torch.linalg.cross(second, third), torch.linalg.cross(third, first), torch.linalg.cross(first, second)], -2
    )
    x, y, weight = inverse.unbind(-2)  # the unit square; its pixels are at width (x - weight / 2), and so on
    return torch.stack([width * (x - weight / 2), height * (y - weight / 2), weight], -2)


def warped(images: Tensor, sources: Tensor, *, edge: Edge) -> Tensor:
    """Sample each picture where its matrix says, between pixels by bilinear interpolation.

    Args:
        images: (b, c, h, w) float32.
        sources: (b, 3, 3) float64: from a pixel of the result to its place in the picture.
        edge: What lies beyond the edges.

    Returns:
        (b, c, h, w) float32.
    """
    height, width = images.shape[2:]
    options: dict[str, Any] = {"dtype": torch.float64, "device": images.device}
    y = (torch.arange(height, **options) - (height - 1) / 2)[:, None]
    x = torch.arange(width, **options) - (width - 1) / 2
    m = sources[:, :, :, None, None]
    # Written out, not as a matrix product: that rounds differently for batches of another size.
    across, down, weight = (m[:, i, 0] * x + m[:, i, 1] * y + m[:, i, 2] for i in range(3))
    # grid_sample counts from -1 to 1 between the outer edges of the outermost pixels.
    grid = torch.stack([across / weight * (2 / width), down / weight * (2 / height)], -1).to(torch.float32)
    outside = "reflection" if edge == "reflect" else "zeros"
    return functional.grid_sample(images, grid, mode="bilinear", padding_mode=outside, align_corners=False)
