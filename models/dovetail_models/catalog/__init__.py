"""Models that are known to fill in the middle: where they are, what they may be used for, and which are installed."""
