"""Exchange of a folder for a new one in one step: a reader sees the old pages or the new ones."""

import ctypes
import errno
import os
import shutil
import sys
from pathlib import Path

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2  # linux/fs.h
_RENAME_SWAP = 2  # sys/stdio.h of macOS
_OLD = ".old"


def publish(staged: Path, target: Path, outputs: Path) -> None:
    """Put the folder `staged` in the place of `target`; the old one is removed.

    Parameters
    ----------
    outputs
        The folder above both, which holds the old pages for the instant that a file system without
        an exchange needs; `recover` puts them back if the process dies in it.
    """
    sync(staged)
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        staged.rename(target)
    elif _exchange(staged, target):
        shutil.rmtree(staged, ignore_errors=True)
    else:
        old = outputs / _OLD / target.relative_to(outputs)
        shutil.rmtree(old, ignore_errors=True)
        old.parent.mkdir(parents=True, exist_ok=True)
        target.rename(old)
        staged.rename(target)
        shutil.rmtree(outputs / _OLD, ignore_errors=True)
    _sync_path(target.parent)


def recover(outputs: Path) -> None:
    """Put back pages whose exchange was interrupted, and drop those that were replaced."""
    for old in (outputs / _OLD).glob("*/*"):
        target = outputs / old.relative_to(outputs / _OLD)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            old.rename(target)
    shutil.rmtree(outputs / _OLD, ignore_errors=True)


def sync(folder: Path) -> None:
    """Have every file of a folder on the disk before a name points to it."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if not path.is_symlink():
            _sync_path(path)
    _sync_path(folder)


def _sync_path(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two names atomically; False where the system or the file system can't."""
    libc = ctypes.CDLL(None, use_errno=True)
    first, second = os.fsencode(one), os.fsencode(other)
    try:
        if sys.platform == "darwin":
            failed = libc.renamex_np(first, second, _RENAME_SWAP)
        else:
            failed = libc.renameat2(_AT_FDCWD, first, _AT_FDCWD, second, _RENAME_EXCHANGE)
    except AttributeError:  # a C library without the call
        return False
    if not failed:
        return True
    number = ctypes.get_errno()
    if number in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP):
        return False
    raise OSError(number, os.strerror(number), str(other))
