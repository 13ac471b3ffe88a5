"""The protocols of completion servers."""
