"""What this machine has, what a model needs, and what follows from both."""
