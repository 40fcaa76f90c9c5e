"""Tests with the systems themselves, each in an environment of its own: .ci/ecosystem."""
