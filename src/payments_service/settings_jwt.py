"""The key that members' tokens are verified with: what may stand in JWT_KEY for each JWT_ALGORITHM."""

from __future__ import annotations

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_public_key

#: RFC 7518 section 3.2: a key at least as long as the hash.
HMAC_KEY_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}
PEM_BEGINS = "-----BEGIN"
#: Bits; RFC 7518 section 3.3.
RSA_KEY_BITS = 2048
CURVES = {"ES256": "secp256r1", "ES384": "secp384r1", "ES512": "secp521r1"}


def as_written(text: str) -> str:
    """A shared secret counts to the letter; a PEM squeezed into one line has its line breaks as backslash-n."""
    if PEM_BEGINS not in text:
        return text
    return text.replace("\\r", "").replace("\\n", "\n").strip()


def problem(key: str, algorithm: str) -> str | None:
    """Why `key` cannot verify tokens of `algorithm`; None when it can."""
    if key.lstrip().startswith("{"):
        return "is a JWK; a shared secret or a public key in PEM belongs here"
    if algorithm in HMAC_KEY_BYTES:
        return _shared_secret_problem(key, algorithm)
    if "PRIVATE KEY" in key:
        return "is a private key; only the public one belongs here"
    try:
        public = load_pem_public_key(key.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return f"must be a public key in PEM for {algorithm}"
    if algorithm.startswith(("RS", "PS")):
        return _rsa_problem(public, algorithm)
    if algorithm in CURVES:
        fits = isinstance(public, ec.EllipticCurvePublicKey) and public.curve.name == CURVES[algorithm]
    else:
        fits = isinstance(public, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey)
    return None if fits else _another_kind(public, algorithm)


def _shared_secret_problem(key: str, algorithm: str) -> str | None:
    """A public key is no secret: whoever knows it could sign."""
    if PEM_BEGINS in key:
        return f"is a PEM key, but JWT_ALGORITHM is {algorithm}, which takes a shared secret"
    if key.startswith(("ssh-", "ecdsa-sha2-")):
        return f"is an SSH key, but JWT_ALGORITHM is {algorithm}, which takes a shared secret"
    short = len(key.encode()) < HMAC_KEY_BYTES[algorithm]
    return f"must be at least {HMAC_KEY_BYTES[algorithm]} bytes for {algorithm}" if short else None


def _rsa_problem(public: PublicKeyTypes, algorithm: str) -> str | None:
    if not isinstance(public, rsa.RSAPublicKey):
        return _another_kind(public, algorithm)
    if public.key_size < RSA_KEY_BITS:
        return f"is an RSA key of {public.key_size} bits; {algorithm} takes {RSA_KEY_BITS} or more"
    return None


def _another_kind(public: PublicKeyTypes, algorithm: str) -> str:
    kind = type(public).__name__.removesuffix("PublicKey")
    if isinstance(public, ec.EllipticCurvePublicKey):
        kind = f"elliptic-curve ({public.curve.name})"
    return f"is a public key of another kind than {algorithm} takes: {kind}"
