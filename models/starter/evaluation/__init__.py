"""From a GGUF file to figures."""
