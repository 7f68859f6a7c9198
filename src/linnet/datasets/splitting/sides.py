"""What must stay on one side of a split: joining groups with clusters, and looking for what was parted all the same."""

from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from linnet.errors import DataError
from linnet.records.manifest import SPLITS, Texts

Positions = npt.NDArray[np.int64]


def join_sides(groups: Texts, clusters: Positions) -> Positions:
    """Join what shares a group or a cluster, also through others.

    Args:
        groups: (n,) str; an empty text is a group of its own.
        clusters: (n,) int64, any numbers.

    Returns:
        (n,) int64: equal numbers must stay together; numbered 0, 1, ... as they first occur.
    """
    n = len(groups)
    if n == 0:
        return np.zeros(0, np.int64)
    own = np.arange(n)
    same_group = np.where(groups == "", own, _first_like(groups))
    starts, ends = np.concatenate([own, own]), np.concatenate([same_group, _first_like(clusters)])
    graph = coo_array((np.ones(2 * n, np.int8), (starts, ends)), shape=(n, n))
    _, component = connected_components(graph, directed=False)
    first = _first_like(component)
    return (np.cumsum(first == own) - 1)[first].astype(np.int64)


def check_disjoint(split: Texts, sides: Positions) -> None:
    """Make sure that no side stands in two splits; what stands in none is left out.

    Args:
        split: (n,) str, "" for none.
        sides: (n,) int64.

    Raises:
        DataError: a side was parted.
    """
    inside = split != ""
    names, where = np.unique(split[inside], return_inverse=True)
    _, first, side = np.unique(sides[inside], return_index=True, return_inverse=True)
    parted = np.flatnonzero(where != where[first[side]])
    if len(parted):
        one, other = names[where[first[side[parted[0]]]]], names[where[parted[0]]]
        raise DataError(
            f"No pictures that belong together may stand in two splits, and {len(parted)} do, the first in {one} and "
            f"{other}; the splits were not made by Linnet, or this is a fault of Linnet to report."
        )


def leaks(split: Texts, clusters: Positions) -> dict[str, int]:
    """Count the pictures that stand in one split and have a copy, exact or near, in another.

    Args:
        split: (n,) str, "" for none.
        clusters: (n,) int64.

    Returns:
        {"train-test": pictures of test with a copy in train, ...} for each two splits that occur, also when 0.
    """
    present = [name for name in SPLITS if np.any(split == name)]
    return {
        f"{one}-{other}": int(np.sum(leaked(split, clusters, one, other))) for one, other in combinations(present, 2)
    }


def leaked(split: Texts, clusters: Positions, source: str, target: str) -> npt.NDArray[np.bool_]:
    """Tell which pictures of one split have a copy in another.

    Args:
        split: (n,) str.
        clusters: (n,) int64.
        source: Where copies are looked for ("train").
        target: Whose pictures are asked about ("test").

    Returns:
        (n,) bool, False outside `target`.
    """
    found: npt.NDArray[np.bool_] = (split == target) & np.isin(clusters, clusters[split == source])
    return found


def _first_like(values: npt.NDArray[Any]) -> Positions:
    _, first, inverse = np.unique(values, return_index=True, return_inverse=True)
    return first[inverse].astype(np.int64)
