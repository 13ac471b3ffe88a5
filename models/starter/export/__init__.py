"""From a checkpoint to a GGUF file that llama.cpp runs."""
