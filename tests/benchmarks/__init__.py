"""What measures. No test runs it."""
