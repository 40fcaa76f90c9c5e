"""Tests of the quickstart and of the README's example."""
