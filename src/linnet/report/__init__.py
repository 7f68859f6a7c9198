"""The report of a run; reads records only, never torch."""
