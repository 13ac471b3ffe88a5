"""Scorers: how near a completion comes to what is right, each as the paper it is named after defines it."""
