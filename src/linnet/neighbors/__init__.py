"""The exact nearest neighbors of vectors by L1, L2 or cosine distance: one engine for kNN, duplicates and examples."""

from linnet.neighbors.engine import Neighbors, search
from linnet.neighbors.plan import METRICS, Metric

__all__ = ["METRICS", "Metric", "Neighbors", "search"]
