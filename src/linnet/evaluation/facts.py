"""Describe loaded data in numbers, for data.json and the report."""

from linnet.datasets.loading import Loaded
from linnet.records.data_facts import DataFacts
from linnet.transforms.statistics import channel_statistics


def data_facts(loaded: Loaded) -> DataFacts:
    """Gather what is known of the data; reads the training pictures once, for their mean and deviation."""
    statistics = channel_statistics(loaded.part("train"))
    return DataFacts(
        name=loaded.name,
        class_names=loaded.everything.class_names,
        image_shape=loaded.everything.image_shape,
        geometry=loaded.geometry.to_json(),
        counts=loaded.manifest.counts(),
        class_counts=loaded.manifest.class_counts(loaded.everything.class_names),
        files=loaded.files,
        mean=statistics.mean,
        std=statistics.std,
        duplicates=loaded.duplicates,
        messages=loaded.messages,
        split_hash=loaded.split_hash(),
    )
