"""Tests of bundles on their way to devices, browsers and functions."""
