"""How many cores to work on: small products are done before a second core has even heard of them."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

WORTH_SHARING = 1 << 25
"""Multiplications per product from which a second core helps: about a millisecond of one core."""


@contextmanager
def threads_for(n_multiplications: int) -> Iterator[None]:
    """Keep torch on one core while products are small, and give the others back afterwards.

    Threads wait for each other after every operation. With operations of some microseconds that waiting is most of
    the time, and all of it where other programs use the cores as well: tenfold times were seen.

    Args:
        n_multiplications: Of a typical product inside the with-block.
    """
    before = torch.get_num_threads()
    if n_multiplications >= WORTH_SHARING or before == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
