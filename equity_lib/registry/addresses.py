"""Addresses of registers: which are used at all, and how they are told to people."""

import ipaddress
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from equity_lib.errors import EnvironmentProblem, Fault, WrongParameters
from equity_lib.registry.store import URL

#: Protocols that anybody on the way can read.
_OPEN = ("http", "ftp", "webhdfs")


def opened(url: str) -> tuple[Any, str]:
    """The file system of an address, and the path in it.

    Raises
    ------
    WrongParameters
        No address, one of no known kind, or one on whose way others could listen.
    EnvironmentProblem
        A package for it is missing.
    """
    protocol, found, _ = url.partition("://")
    if not found or url.count("://") != 1 or "::" in protocol:  # a chain such as simplecache::s3://…
        raise _wrong("no single address", "protocol://place, such as s3://bucket/registers")
    if protocol in _OPEN and not on_this_machine(urlsplit(url).hostname or ""):
        raise _wrong(repr(f"{protocol}://"), "an encrypted way, or this machine", "It is about children.")
    try:
        import fsspec
    except ImportError:
        raise EnvironmentProblem(
            f'{URL} needs fsspec. Install it with `pip install "equity_lib[cluster]"`.'
        ) from None
    try:
        system, base = fsspec.core.url_to_fs(url)
    except ValueError:
        raise _wrong(repr(f"{protocol}://"), "a protocol that fsspec knows") from None
    except ImportError as error:
        raise EnvironmentProblem(f"{URL}: a package for {protocol}:// is missing: {error}.") from None
    return system, str(base).rstrip("/")


def _wrong(found: str, allowed: str, action: str = "") -> WrongParameters:
    fault = Fault("", 0, URL, found, allowed, action)
    return WrongParameters("The registers can't be looked for.", [fault])


def shown(url: str) -> str:
    """An address for a message: without user, password and what follows `?`."""
    with suppress(ValueError):
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    return URL


def on_this_machine(host: str) -> bool:
    """Whether a host name is this machine's own."""
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"
