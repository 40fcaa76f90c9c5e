"""Tests with TensorFlow and Keras, which run where they are installed: .ci/ecosystem tensorflow."""
