"""Tests of csrc/measure/checks and mainspring.checks."""
