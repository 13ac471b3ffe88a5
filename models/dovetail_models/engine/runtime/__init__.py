"""The model in llama.cpp: load it, tokenize for it, compute with it."""
