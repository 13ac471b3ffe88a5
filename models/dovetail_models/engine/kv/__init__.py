"""KV states: in llama.cpp's cache, in main memory, on disk."""
