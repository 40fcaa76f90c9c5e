"""Fitted objects of scikit-learn beside what from_sklearn makes of them."""
