"""Bundles written once, which must load with the same bits for as long as there are readers."""
