"""Who may do what: API keys, which are kept as hashes, and JSON Web Tokens."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from mainspring import errors
from mainspring.serve.replies import Refusal

__all__ = ["Access", "ApiKey", "make_key_line", "read_keys"]

SCOPES = ("predict", "metrics", "admin")
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA", "HS256", "HS512")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One caller.

    Attributes
    ----------
    name : str
        For logs and metrics.
    digest : bytes
        SHA-256 of the key.
    scopes : tuple of str
        ``predict``, ``metrics``, ``admin``.
    models : tuple of str
        Patterns of the models that it may use; ``*`` stands for all.
    """

    name: str
    digest: bytes
    scopes: tuple[str, ...]
    models: tuple[str, ...] = ("*",)


def make_key_line(name: str, scopes: Iterable[str] = ("predict",), models: str = "*") -> list[str]:
    """Draw a new key.

    Parameters
    ----------
    name : str
        What the caller is called.
    scopes : iterable of str, default ("predict",)
        What it may do.
    models : str, default "*"
        Patterns of models, parted by commas.

    Returns
    -------
    list of str
        The key, which is shown once, and the line for the file of keys.

    Raises
    ------
    ParameterError
        When the name or a scope is none that the file may have.
    """
    scopes = tuple(scopes)
    wrong = [scope for scope in scopes if scope not in SCOPES]
    if wrong or not scopes:
        raise errors.ParameterError(
            f"There is no scope {(wrong or [''])[0]!r}; expected some of {', '.join(SCOPES)}.",
            expected=", ".join(SCOPES),
            got=",".join(scopes),
        )
    if not name.isprintable() or name.startswith("#") or len(name.split()) != 1:
        raise errors.ParameterError(
            f"A key is called {name!r}; expected a word without spaces.",
            expected="a word without spaces",
            got=repr(name),
        )
    key = "ms_" + secrets.token_urlsafe(32)
    digest = hashlib.sha256(key.encode()).hexdigest()
    return [key, f"{name} {digest} {','.join(scopes)} {models}"]


def read_keys(path: str | Path) -> list[ApiKey]:
    """Read a file of keys: a line for each, ``NAME SHA256 SCOPES [MODELS]``.

    Parameters
    ----------
    path : path
        Text; empty lines and lines that begin with ``#`` are passed over.

    Returns
    -------
    list of ApiKey
        In the order of the file.

    Raises
    ------
    FileError
        When the file cannot be read.
    ParameterError
        When a line is no key, or there is none: callers would not be asked.
    """
    try:
        text = Path(path).read_text("utf-8")
    except OSError as error:
        raise errors.FileError(f"Cannot read the API keys of {path}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise errors.FileError(f"Cannot read the API keys of {path}: it is no text.") from error
    keys = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        keys.append(_read_line(line.split(), f"{path}, line {number}"))
    if not keys:
        raise errors.ParameterError(
            f"{path} holds no API key, so that nobody would be asked for one. Write a line into it "
            "(`mainspring serve --new-api-key NAME` prints one), or give no file.",
            expected="at least one line",
            got="none",
        )
    return keys


def _read_line(parts: list[str], place: str) -> ApiKey:
    expected = "NAME SHA256 SCOPES [MODELS]"
    scopes = tuple(parts[2].split(",")) if len(parts) in (3, 4) else ()
    try:
        digest = bytes.fromhex(parts[1]) if scopes else b""
    except ValueError:
        digest = b""
    if len(digest) != 32 or not set(scopes) <= set(SCOPES):
        raise errors.ParameterError(
            f"{place} is no API key; expected {expected}, with the scopes {', '.join(SCOPES)}.",
            expected=expected,
        )
    models = tuple(parts[3].split(",")) if len(parts) == 4 else ("*",)
    return ApiKey(parts[0], digest, scopes, models)


class Access:
    """Checks callers; with neither keys nor tokens everybody may predict, and nobody administer.

    Parameters
    ----------
    keys : iterable of ApiKey, optional
        Known callers.
    jwt_key : str, optional
        A secret or a public key that signs tokens.
    jwt_algorithms : iterable of str, optional
        What a token may be signed with; ``none`` is never taken.
    jwt_audience : str, optional
        The audience that a token must name.

    Raises
    ------
    ParameterError
        When an algorithm is not known, or the key is one of none of them.
    MissingExtraError
        When PyJWT, or what its algorithms need, is not installed.
    """

    def __init__(
        self,
        keys: Iterable[ApiKey] = (),
        jwt_key: str | None = None,
        jwt_algorithms: Iterable[str] = ("RS256", "ES256"),
        jwt_audience: str | None = None,
    ) -> None:
        self._keys = list(keys)
        self._jwt_key = jwt_key
        self._algorithms = list(jwt_algorithms)
        self._audience = jwt_audience
        unknown = sorted(set(self._algorithms) - set(_ALGORITHMS))
        if unknown:
            raise errors.ParameterError(
                f"jwt_algorithms names {unknown[0]!r}; expected some of {', '.join(_ALGORITHMS)}.",
                got=unknown[0],
            )
        if jwt_key is not None:
            _check_signatures(self._algorithms, jwt_key)

    @property
    def is_on(self) -> bool:
        """Whether callers are asked who they are."""
        return bool(self._keys) or self._jwt_key is not None

    def require(self, headers: Mapping[bytes, bytes], scope: str, model: str | None = None) -> str:
        """Let a caller through, or refuse.

        Parameters
        ----------
        headers : mapping of bytes to bytes
            Of the request, in lower case.
        scope : str
            What the caller wants to do.
        model : str, optional
            With which model; None: with none.

        Returns
        -------
        str
            The caller's name.

        Raises
        ------
        Refusal
            401 for somebody who is not known, 403 for what the caller may not do.
        """
        name, is_allowed = self._allowed(headers, scope)
        if model is not None and not is_allowed(model):
            raise Refusal(403, "This key is not for this model.")
        return name

    def chooser(self, headers: Mapping[bytes, bytes], scope: str) -> Callable[[str], bool]:
        """Let a caller through, and say which models it may know of.

        Parameters
        ----------
        headers : mapping of bytes to bytes
            Of the request, in lower case.
        scope : str
            What the caller wants to do.

        Returns
        -------
        callable
            From the name of a model to whether the caller's key is for it.

        Raises
        ------
        Refusal
            As :meth:`require`.
        """
        return self._allowed(headers, scope)[1]

    def _allowed(
        self, headers: Mapping[bytes, bytes], scope: str
    ) -> tuple[str, Callable[[str], bool]]:
        if not self.is_on:
            if scope == "admin":
                raise Refusal(
                    403, "Models cannot be changed from outside: the server has no API keys."
                )
            return "", lambda model: True
        scheme, _, credentials = headers.get(b"authorization", b"").partition(b" ")
        key = headers.get(b"x-api-key", b"")
        if not key and scheme.lower() == b"bearer":
            key = credentials.strip()
        if not key:
            raise _unknown("The request has no key. Send Authorization: Bearer KEY.")
        name, scopes, patterns = self._caller_of(key)
        if scope not in scopes:
            raise Refusal(403, f"This key does not allow {scope}.")
        return name, lambda model: any(fnmatchcase(model, pattern) for pattern in patterns)

    def _caller_of(self, key: bytes) -> tuple[str, Iterable[str], Iterable[str]]:
        digest = hashlib.sha256(key).digest()
        found = None
        for known in self._keys:  # all of them: the time says nothing about which one it was
            if hmac.compare_digest(known.digest, digest):
                found = known
        if found is not None:
            return found.name, found.scopes, found.models
        if self._jwt_key is not None and key.count(b".") == 2:
            return self._caller_of_token(key)
        raise _unknown("The key is not known.")

    def _caller_of_token(self, token: bytes) -> tuple[str, Iterable[str], Iterable[str]]:
        jwt = _import_jwt()
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._jwt_key,
                algorithms=self._algorithms,
                audience=self._audience,
                options={"require": ["exp"], "verify_aud": self._audience is not None},
            )
        except jwt.PyJWTError as error:
            raise _unknown(f"The token is not valid: {str(error)[:100]}.") from error
        scopes = str(claims.get("scope", "predict")).split()
        models = claims.get("models", ["*"])
        if not isinstance(models, list) or not all(isinstance(name, str) for name in models):
            raise _unknown("The token's models are not a list of names.")
        return str(claims.get("sub", "token"))[:60], scopes, models


def _unknown(message: str) -> Refusal:
    return Refusal(401, message, [(b"www-authenticate", b"Bearer")])


def _check_signatures(algorithms: Sequence[str], key: str) -> None:
    """Refuse to begin where every token would be refused: its signature could not be read."""
    jwt = _import_jwt()
    from jwt.algorithms import has_crypto

    asymmetric = [name for name in algorithms if not name.startswith("HS")]
    if asymmetric and not has_crypto:
        raise errors.MissingExtraError(
            f"Tokens signed with {asymmetric[0]} need cryptography, which is not installed. Run: "
            "pip install 'PyJWT[crypto]'",
            hint="pip install 'PyJWT[crypto]'",
        )
    if not any(_fits(jwt, name, key) for name in algorithms):
        raise errors.ParameterError(
            f"jwt_key is no key of {' or '.join(algorithms) or 'any algorithm'}: these take a "
            "public key in PEM, HS256 and HS512 a secret. Pass such a key, or name its algorithm "
            "in jwt_algorithms.",
            expected="a key of one of the algorithms",
        )


def _fits(jwt: Any, algorithm: str, key: str) -> bool:
    """Say whether an algorithm can read a key."""
    try:
        jwt.get_algorithm_by_name(algorithm).prepare_key(key)
    except (jwt.PyJWTError, ValueError, TypeError):
        return False
    return True


def _import_jwt() -> Any:
    try:
        import jwt
    except ImportError as error:
        raise errors.MissingExtraError(
            "JSON Web Tokens need PyJWT, which is not installed. Run: pip install PyJWT",
            hint="pip install PyJWT",
        ) from error
    return jwt
