"""How good the completions of the whole pipeline are."""
