"""The prompts that other tools build for DeepSeek-Coder, and ours, on the same model, tasks and engine."""
