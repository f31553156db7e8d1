"""Every aggregation over the whole retail year: real Flink, store and Reader against hand-written SQL."""
