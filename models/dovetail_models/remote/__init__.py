"""A model that runs on another machine: prompts are built here, tokens are computed there."""
