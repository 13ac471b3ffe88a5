"""What an evaluation and a calibration found, as self-contained pages to look at."""
