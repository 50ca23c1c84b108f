"""Who has an account here, and with which password: domains, principals, groups, lists."""

from stalwart_g.directory.interface import Directory, DirectoryUnavailable, Principal, Resolution
from stalwart_g.directory.opening import open_directory
from stalwart_g.directory.passwords import PasswordChecker, hash_password

__all__ = [
    "Directory",
    "DirectoryUnavailable",
    "PasswordChecker",
    "Principal",
    "Resolution",
    "hash_password",
    "open_directory",
]
