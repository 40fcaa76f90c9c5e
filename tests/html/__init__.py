"""Tests of the template kit, and of what every page keeps to."""
