"""Which paths git and lists of patterns ignore."""
