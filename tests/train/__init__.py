"""Tests of mainspring.train; those that need torch are skipped where it is not."""
