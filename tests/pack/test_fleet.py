"""Ids, signatures and profiles of many devices."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import mainspring as ms
from mainspring import pack
from mainspring.cli import main
from tests.pack.conftest import Golden

Find = Callable[[str], Golden]


def keys() -> tuple[bytes, bytes]:
    pytest.importorskip("cryptography")
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private, public


def test_id_is_the_digest_of_all_bytes(golden: Find) -> None:
    file = golden("0.1-network").file
    assert pack.bundle_id(file) == hashlib.sha256(file).hexdigest()
    assert pack.bundle_id(file) != pack.bundle_id(golden("0.1-composite").file)


def test_signature_when_anything_is_another_is_refused(golden: Find) -> None:
    private, public = keys()
    file = golden("0.1-network").file
    signature = pack.sign(file, private)
    assert len(signature) == 64
    pack.verify_signature(file, signature, public)
    for bundle, given in ((file[:-1], signature), (file, signature[:-1] + b"x"), (file, b"")):
        with pytest.raises(ms.errors.BundleError, match="not one of bundle"):
            pack.verify_signature(bundle, given, public)
    for wrong in (b"", public, b"-----BEGIN PRIVATE KEY-----"):
        with pytest.raises(ms.ParameterError, match="Ed25519"):
            pack.sign(file, wrong)
    with pytest.raises(ms.ParameterError, match="Ed25519"):
        pack.verify_signature(file, signature, private)


def test_command_when_asked_signs_what_it_wrote(
    golden: Find, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    private, public = keys()
    (tmp_path / "key.pem").write_bytes(private)
    (tmp_path / "late.spring").write_bytes(golden("0.1-late-flights").file)
    small = tmp_path / "small.spring"
    arguments = [str(tmp_path / "late.spring"), "-o", str(small)]
    assert main(["pack", *arguments, "--sign", str(tmp_path / "key.pem")]) == 0
    signature = (tmp_path / "small.spring.sig").read_bytes()
    pack.verify_signature(small.read_bytes(), signature, public)
    assert pack.bundle_id(small.read_bytes()) in capsys.readouterr().out
    assert main(["pack", str(small), "--sign", str(tmp_path / "key.pem")]) == 2


def test_profiles_when_merged_are_the_profile_of_all_rows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values = np.random.default_rng(3).normal(size=300)
    parts = [values[:100], values[100:110], values[110:]]
    names = []
    for number, part in enumerate(parts):
        names.append(str(tmp_path / f"{number}.profile"))
        Path(names[-1]).write_bytes(ms.profile({"x": part}).to_bytes())
    output = tmp_path / "all.profile"
    assert main(["merge-profiles", *names, "-o", str(output)]) == 0
    assert "300 rows of 3 profiles" in capsys.readouterr().out
    assert output.read_bytes() == ms.profile({"x": values}).to_bytes()


def test_profiles_when_of_other_columns_name_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("x", "y"):
        (tmp_path / f"{name}.profile").write_bytes(ms.profile({name: [1.0, 2.0]}).to_bytes())
    paths = [str(tmp_path / "x.profile"), str(tmp_path / "y.profile")]
    assert main(["merge-profiles", *paths, "-o", str(tmp_path / "all.profile")]) == 2
    assert f"{paths[1]} cannot be merged" in capsys.readouterr().err
