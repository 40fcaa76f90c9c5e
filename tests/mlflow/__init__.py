"""Tests of mainspring.mlflow, which run where MLflow is installed: .ci/ecosystem mlflow."""
