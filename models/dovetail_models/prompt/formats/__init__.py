"""Prompt formats, one module for each family of models, and the choice between them."""
