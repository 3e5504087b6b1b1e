"""How a file is sealed: only its key or passphrase opens it, and only whole and unchanged."""

import hmac
import secrets
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from equity_lib.errors import Fault, InputRejected, WrongParameters
from equity_lib.registry.keys import subkey

PASSPHRASE_CHARACTERS = 12
SCRYPT_LOG_N = 17  # 128 MB and about 0.4 s a guess
SCRYPT_LOG_N_MOST = 20  # a crafted file may not ask for more than 1 GB
CHUNK = 1 << 20
_MAGIC, _TAG = b"EQUITY1\n", 16
_HEAD = len(_MAGIC) + 8 + 1 + 32 + 32  # magic, kind, scrypt cost, salt, commitment to the key


def seal(blocks: Iterable[bytes | memoryview], secret: bytes | str, kind: str) -> Iterator[bytes]:
    """Encrypt blocks as one sealed file, under a key (bytes) or a passphrase (text).

    The file key is fresh; each chunk is AES-256-GCM with its number and whether it is the last in the
    nonce and the head as associated data, so a chunk can't be changed, moved, dropped or added.

    Source: Hoang, Reyhanitabar, Rogaway, Vizár (2015), STREAM; NIST SP 800-38D.
    """
    log_n = SCRYPT_LOG_N if isinstance(secret, str) else 0
    lead = _MAGIC + kind.encode().ljust(8, b"\0") + bytes([log_n]) + secrets.token_bytes(32)
    cipher, commitment = _cipher(lead, secret, kind)
    head, held, number = lead + commitment, bytearray(), 0
    yield head
    for block in blocks:
        held += block
        while len(held) > CHUNK:
            yield cipher.encrypt(_nonce(number, last=False), bytes(held[:CHUNK]), head)
            del held[:CHUNK]
            number += 1
    yield cipher.encrypt(_nonce(number, last=True), bytes(held), head)


def unseal(file: BinaryIO, secret: bytes | str, kind: str) -> Iterator[bytes]:
    """Decrypt a sealed file chunk by chunk; only when the iterator ends is it known to be whole.

    Raises
    ------
    InputRejected
        Not a file of this kind, another key or passphrase, or damaged, cut or lengthened.
    """
    name = str(getattr(file, "name", kind))
    head = file.read(_HEAD)
    cipher = _cipher_of(head, secret, kind, name)
    block, number = file.read(CHUNK + _TAG), 0
    while True:
        following = file.read(CHUNK + _TAG)
        try:
            content = cipher.decrypt(_nonce(number, last=not following), block, head)
        except InvalidTag:
            raise InputRejected(f"{name}: damaged or cut. Nothing of it is used: ask for it again.") from None
        yield content
        if not following:
            return
        block, number = following, number + 1


def opens(path: Path, key: bytes, kind: str = "map") -> bool:
    """Say whether a key opens a sealed file, by its head alone."""
    try:
        with path.open("rb") as file:
            _cipher_of(file.read(_HEAD), key, kind, str(path))
    except (FileNotFoundError, InputRejected):
        return False
    return True


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _cipher(lead: bytes, secret: bytes | str, kind: str) -> tuple[AESGCM, bytes]:
    salt, log_n = lead[-32:], lead[-33]
    source = _stretch(secret, salt, log_n) if isinstance(secret, str) else subkey(secret, kind)
    made = HKDF(SHA256(), 64, salt=salt, info=lead).derive(source)
    return AESGCM(made[:32]), made[32:]


def _cipher_of(head: bytes, secret: bytes | str, kind: str, name: str) -> AESGCM:
    lead = head[:-32]
    if len(head) < _HEAD or not head.startswith(_MAGIC + kind.encode().ljust(8, b"\0")):
        raise InputRejected(f"{name}: not a whole {kind} file.")
    if isinstance(secret, str) != bool(lead[-33]) or lead[-33] > SCRYPT_LOG_N_MOST:
        raise InputRejected(f"{name}: another way of locking than a {kind} file of ours has.")
    cipher, commitment = _cipher(lead, secret, kind)
    if not hmac.compare_digest(commitment, head[-32:]):
        raise InputRejected(f"{name}: locked with another key or passphrase, or damaged at its head.")
    return cipher


def _stretch(passphrase: str, salt: bytes, log_n: int) -> bytes:
    """Derive 32 bytes from a passphrase (NFC) by scrypt, N = 2**log_n, r = 8, p = 1 (RFC 7914)."""
    if len(passphrase) < PASSPHRASE_CHARACTERS:
        allowed, action = (
            f"{PASSPHRASE_CHARACTERS} characters or more",
            "Five random words are easy to pass on.",
        )
        raise WrongParameters(
            "The passphrase is weak.", [Fault("", 0, "passphrase", "fewer", allowed, action)]
        )
    text = unicodedata.normalize("NFC", passphrase).encode()
    return Scrypt(salt=salt, length=32, n=2**log_n, r=8, p=1).derive(text)
