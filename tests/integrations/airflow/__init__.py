"""Tests with Airflow, which run where it is installed: .ci/ecosystem airflow."""
