"""Measure models and settings: tasks, answers, run files, scores, and what they add up to."""
