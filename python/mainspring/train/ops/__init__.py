"""The operators that train: each in a reference of plain torch, most in native code, too."""

__all__: list[str] = []
