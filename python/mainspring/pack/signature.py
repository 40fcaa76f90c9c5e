"""Who a bundle is, and who made it: a SHA-256 of its bytes, and a detached Ed25519 signature.

The signature lies beside the bundle and not in it, so that the same bundle has the same bytes
whoever signs it, and readers that know nothing of signatures need not.
"""

from __future__ import annotations

from typing import Any

from mainspring.errors import BundleError, MissingExtraError, ParameterError

__all__ = ["bundle_id", "sign", "verify_signature"]


def bundle_id(bundle: bytes) -> str:
    """Return the id of a bundle: the SHA-256 of all its bytes.

    Parameters
    ----------
    bundle : bytes
        The contents of a ``.spring`` file.

    Returns
    -------
    str
        64 hexadecimal digits, as ``sha256sum`` prints them.
    """
    import hashlib

    return hashlib.sha256(bundle).hexdigest()


def sign(bundle: bytes, private_key: bytes) -> bytes:
    """Sign a bundle.

    Parameters
    ----------
    bundle : bytes
        The contents of a ``.spring`` file.
    private_key : bytes
        An Ed25519 key: PEM without a password (``openssl genpkey -algorithm ed25519``).

    Returns
    -------
    bytes
        The signature, 64 bytes, of the bundle's bytes (RFC 8032).

    Raises
    ------
    MissingExtraError
        When ``cryptography`` is not installed.
    ParameterError
        When the key is none.
    """
    serialization, keys = _cryptography()
    try:
        key = serialization.load_pem_private_key(private_key, password=None)
    except (ValueError, TypeError) as error:
        raise _no_key("private", "no PEM that can be read without a password") from error
    if not isinstance(key, keys.Ed25519PrivateKey):
        raise _no_key("private", type(key).__name__)
    signature: bytes = key.sign(bundle)
    return signature


def verify_signature(bundle: bytes, signature: bytes, public_key: bytes) -> None:
    """Check who signed a bundle, before it is opened.

    Parameters
    ----------
    bundle : bytes
        The contents of a ``.spring`` file.
    signature : bytes
        What :func:`sign` returned.
    public_key : bytes
        The Ed25519 key of whom to trust, as PEM.

    Raises
    ------
    BundleError
        When the bundle or the signature is another.
    MissingExtraError
        When ``cryptography`` is not installed.
    ParameterError
        When the key is none.
    """
    serialization, keys = _cryptography()
    from cryptography.exceptions import InvalidSignature

    try:
        key = serialization.load_pem_public_key(public_key)
    except (ValueError, TypeError) as error:
        raise _no_key("public", "no PEM that can be read") from error
    if not isinstance(key, keys.Ed25519PublicKey):
        raise _no_key("public", type(key).__name__)
    try:
        key.verify(signature, bundle)
    except InvalidSignature:
        raise BundleError(
            f"The signature is not one of bundle {bundle_id(bundle)[:16]} by this key: the bundle "
            "has changed, or another key signed it. Fetch both again.",
            expected="a signature by the key",
            got=f"{len(signature)} other bytes",
        ) from None


def _cryptography() -> tuple[Any, Any]:
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError as error:
        raise MissingExtraError(
            "Signatures need cryptography, which is not installed. Run: pip install cryptography",
            expected="cryptography",
            hint="pip install cryptography",
        ) from error
    return serialization, ed25519


def _no_key(kind: str, got: object) -> ParameterError:
    return ParameterError(
        f"The {kind} key is {got}, expected one of Ed25519. `openssl genpkey -algorithm ed25519` "
        "makes a pair.",
        expected="an Ed25519 key as PEM",
        got=str(got),
    )
