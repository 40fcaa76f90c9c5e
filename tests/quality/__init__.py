"""Tests of csrc/measure/quality and mainspring.quality."""
