"""The tracked figures: a fixed small evaluation with the starter model, the same in each release."""
