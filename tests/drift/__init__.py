"""Tests of csrc/measure/drift and mainspring.drift."""
