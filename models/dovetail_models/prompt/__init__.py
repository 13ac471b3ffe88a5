"""What the model reads: from the parts of a completion request to a layout of segments that fits the window."""
