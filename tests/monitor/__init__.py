"""Tests of mainspring.monitor."""
