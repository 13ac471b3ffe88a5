"""What this machine has: GPUs, drivers, C library."""
