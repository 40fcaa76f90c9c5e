"""Tests with Optuna and MLflow together, which run where they are: .ci/ecosystem mlflow."""
