"""The Azure Machine Learning emulator: published pipelines whose steps are real training scripts in child processes."""
