"""Tests with Ray Tune, which run where it is installed: .ci/ecosystem ray."""
