"""What happens to pixels between a data set and a classifier."""
