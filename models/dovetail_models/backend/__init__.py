"""Which llama.cpp build this machine has, which it could use, and how to switch without a compiler."""
