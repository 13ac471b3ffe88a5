"""Files and open buffers become records."""
