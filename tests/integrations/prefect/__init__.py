"""Tests with Prefect, which run where it is installed: .ci/ecosystem prefect."""
