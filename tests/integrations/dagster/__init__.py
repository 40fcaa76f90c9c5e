"""Tests with Dagster, which run where it is installed: .ci/ecosystem dagster."""
