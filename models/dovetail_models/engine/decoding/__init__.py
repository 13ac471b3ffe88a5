"""Pure decoding: from logits to a completion's text."""
