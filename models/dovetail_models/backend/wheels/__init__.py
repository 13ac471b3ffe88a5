"""Wheels of llama.cpp: index, choice of a file, download."""
