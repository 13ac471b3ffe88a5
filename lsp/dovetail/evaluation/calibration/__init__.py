"""Thresholds that fit the model and the user's own code: replay, fit, what it is worth."""
