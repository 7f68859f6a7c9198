"""The report of a run; reads records only, never torch."""

from linnet.reports.page import write

__all__ = ["write"]
