"""From token sequences to a checkpoint."""
