"""Profiles from files: of a table, as kept by ``mainspring profile -o``, or out of a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import mainspring
from mainspring._files import read_file
from mainspring.cli.tables import read_table, streamable
from mainspring.errors import BundleError

if TYPE_CHECKING:
    from mainspring.profiles import Profile

__all__ = ["read_profile"]


def read_profile(path: str, *, target: str | None = None) -> Profile:
    """Read or make a profile.

    Parameters
    ----------
    path : str
        A .profile file, a .spring bundle, a table that ``read_table`` takes, or a folder of Parquet
        or Arrow files; these and single ones are read part by part.
    target : str, optional
        The label's column, where a table is profiled.

    Returns
    -------
    Profile
        Of the training data, where the file is a bundle.

    Raises
    ------
    BundleError
        When a bundle holds no profile.
    FileError, ParameterError, DataError, BundleCorruptError
        When the file cannot be read.
    """
    ending = Path(path).suffix.lower()
    if ending == ".profile":
        data = read_file(path)
        try:
            return mainspring.Profile.from_bytes(data)
        except BundleError as error:
            made = "`mainspring profile DATA -o NAME.profile` makes one."
            told = str(error).replace("Pass what Profile.to_bytes() returned.", made)
            raise type(error)(f"{path}: {told}") from error
    if ending == ".spring":
        profile = mainspring.load(path).profile
        if profile is None:
            raise BundleError(
                f"{path} holds no profile of its training data. Make one from the data with "
                "`mainspring profile DATA -o NAME.profile`."
            )
        return profile
    table = path if streamable(path) else read_table(path, (".profile", ".spring"))
    return mainspring.profile(table, target=target, progress=True)
