"""Experiments that compare conditions over folds and seeds."""

from c2ser.experiments.experiment import Experiment, Run, Task

__all__ = ["Experiment", "Run", "Task"]
