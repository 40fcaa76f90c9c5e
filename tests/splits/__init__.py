"""Tests of mainspring.splits."""
