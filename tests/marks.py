"""Marks for tests that need something of the platform."""

import sys

import pytest

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
