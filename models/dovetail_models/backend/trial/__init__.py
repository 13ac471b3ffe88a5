"""Try a build of llama.cpp in a process of its own."""
