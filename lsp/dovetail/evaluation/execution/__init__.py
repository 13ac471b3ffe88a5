"""Generated code in a limited process: time, memory, files, and no network."""
