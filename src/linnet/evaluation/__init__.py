"""From a classifier and a data set to predictions, numbers with intervals, and a choice of settings."""
