"""Marks for tests that need something of the platform, and whether all cases of all tests run."""

import os
import sys

import pytest

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")

IS_LONG = os.environ.get("DOVETAIL_LONG_TESTS", "") not in ("", "0")
"""Whether tests marked as `long` run, with all their cases."""
