"""Tests of csrc/profile and mainspring.profiles."""
