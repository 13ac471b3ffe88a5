"""Tests of the remote engine."""
