"""The same work written for each library with what its users would call its best interface."""
