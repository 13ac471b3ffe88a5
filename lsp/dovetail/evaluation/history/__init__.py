"""The user's own history as a suite: the lines that recent commits added, each at the state before its commit."""
