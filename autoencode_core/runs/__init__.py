"""Runs as things that last: records, the store, jobs on Dask."""
