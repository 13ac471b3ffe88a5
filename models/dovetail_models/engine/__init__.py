"""Running a model: the host process around llama.cpp, and the client that speaks to it."""
