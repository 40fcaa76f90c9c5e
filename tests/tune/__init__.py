"""Tests of mainspring.tune; those that need Optuna, Ray or torch are skipped without."""
