"""The features' numbers over given data, where nothing runs: previews, and the vectors they are made of."""

from millpond.offline.preview import Preview, preview

__all__ = ["Preview", "preview"]
