"""crypt(3) of the system (libxcrypt; musl has it in libc), without the global state of the ``crypt`` function.

Called from native threads: the C call runs without the interpreter lock.
"""

from __future__ import annotations

import ctypes
import functools

_DATA_OCTETS = 262_144  # struct crypt_data: 32,768 in libxcrypt, 131,232 in old glibc
_NAMES = ("libcrypt.so.2", "libcrypt.so.1", "libcrypt.so", None)  # None: what the program itself is linked with


class LibraryMissing(Exception):
    """No crypt(3) here. The text tells the administrator what to install."""


class SchemeMissing(ValueError):
    """This crypt(3) does not know the scheme, or the setting is malformed."""


def crypt(password: bytes, setting: bytes) -> bytes:
    """Hash with the scheme, cost and salt of ``setting``, which may be a whole hash.

    Raises:
        LibraryMissing: the system has no crypt(3).
        SchemeMissing: it does not understand the setting.
    """
    data = ctypes.create_string_buffer(_DATA_OCTETS)
    hashed: bytes | None = load()(password, setting, data)
    if not hashed or hashed.startswith(b"*"):
        raise SchemeMissing("crypt(3) does not understand it")
    return hashed


@functools.cache
def load(names: tuple[str | None, ...] = _NAMES) -> ctypes._NamedFuncPointer:
    """The function ``crypt_r`` of the first library that has it.

    Raises:
        LibraryMissing: none has.
    """
    for name in names:
        try:
            function = ctypes.CDLL(name).crypt_r
        except (OSError, AttributeError):
            continue
        function.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p]
        function.restype = ctypes.c_char_p
        return function
    raise LibraryMissing("crypt(3) is missing: install libxcrypt (libcrypt1 on Debian, libxcrypt-compat on Fedora)")
