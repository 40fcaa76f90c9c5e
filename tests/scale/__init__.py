"""Tests of mainspring.scale: its core everywhere, engines where they are installed."""

import pytest

pytest.register_assert_rewrite("tests.scale.conformance", "tests.scale.own_types")
