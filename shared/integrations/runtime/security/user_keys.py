"""Keys of users of the bus: nkeys (Ed25519), of which the server knows the public half only."""

import os
from pathlib import Path

import nkeys  # type: ignore[import-untyped]  # has no types

from integrations.runtime.security.files import write_secret


def user_key(seed_file: Path) -> str:
    """Return the public key of the user whose seed is in a file; the seed is made where there is none.

    Raises:
        ValueError: the file holds no seed of a user.
        OSError: the file cannot be read or written.
    """
    if not seed_file.exists():
        write_secret(seed_file, nkeys.encode_seed(os.urandom(32), nkeys.PREFIX_BYTE_USER) + b"\n")
    try:
        prefix, _ = nkeys.decode_seed(seed_file.read_bytes().strip())
        if prefix != nkeys.PREFIX_BYTE_USER:
            raise ValueError(f"{seed_file} must hold the seed of a user")
        return str(nkeys.from_seed(seed_file.read_bytes().strip()).public_key.decode())
    except nkeys.NkeysError as error:
        raise ValueError(f"{seed_file} must hold the seed of a user: {type(error).__name__}") from error
