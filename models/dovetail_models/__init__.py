"""Text in, tokens out: prompt formats, model files, and the engine host that runs llama.cpp."""
