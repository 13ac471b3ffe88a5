"""Install a build of llama.cpp into this environment, and roll it back."""
