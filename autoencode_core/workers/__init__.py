"""What runs on a Dask worker: trainings, studies, answers; nothing here imports torch at the top."""
