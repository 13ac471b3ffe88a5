"""The model that answers: which one the settings name, replacing it, downloading it."""
