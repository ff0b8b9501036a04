"""Who signs: encrypted keystores; raw keys and anvil's own accounts on chain 31337 only."""

from __future__ import annotations

import getpass
import json
import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent_sdk.errors import ConfigError

if TYPE_CHECKING:
    from eth_account.signers.base import BaseAccount
    from eth_account.signers.local import LocalAccount

__all__ = [
    "DEV_ACCOUNTS",
    "KEYSTORES",
    "LOCAL_CHAIN",
    "Signer",
    "dev",
    "from_key",
    "from_keystore",
    "load",
    "new_keystore",
    "read_password",
    "wrap",
]

LOCAL_CHAIN = 31337
"""Chain id of anvil: the only chain on which keys may be plain."""

DEV_ACCOUNTS = 10
"""anvil funds this many accounts of its well-known mnemonic"""

KEYSTORES = Path(".everloop") / "keystores"
"""Where keystores are looked for by name."""

_DEV_MNEMONIC = "test test test test test test test test test test test junk"
_PASSWORD_FILE = "EVERLOOP_PASSWORD_FILE"


class Signer:
    """An account that signs; the key never shows in `repr`, messages or logs."""

    def __init__(self, account: BaseAccount, *, name: str) -> None:
        """Wrap an account of eth_account.

        Args:
            account: holds the key.
            name: how people call it: `dev:0`, or the keystore's name.
        """
        self._account = account
        self.name = name
        self.address = str(account.address)

    def sign_transaction(self, transaction: Mapping[str, Any]) -> tuple[bytes, bytes]:
        """Sign a transaction with all fields filled in.

        Returns:
            The raw transaction, and its hash (32 bytes).
        """
        signed = self._account.sign_transaction(dict(transaction))
        return bytes(signed.raw_transaction), bytes(signed.hash)

    def sign_typed_data(self, message: Mapping[str, Any]) -> bytes:
        """Sign a whole EIP-712 message (types, primaryType, domain, message), 65 bytes."""
        from eth_account.messages import encode_typed_data

        signable = encode_typed_data(full_message=dict(message))
        return bytes(self._account.sign_message(signable).signature)

    def __repr__(self) -> str:
        return f"Signer({self.name}, {self.address})"


def dev(index: int = 0, *, chain_id: int = LOCAL_CHAIN) -> Signer:
    """Return one of anvil's ten accounts, whose keys everyone knows.

    Raises:
        ConfigError: on another chain than 31337, or no such account.
    """
    if chain_id != LOCAL_CHAIN:
        raise ConfigError(
            f"account dev:{index} works on chain {LOCAL_CHAIN} only and this is chain {chain_id}, "
            "because everyone knows its key: use a keystore (`everloop account new NAME`)"
        )
    if not 0 <= index < DEV_ACCOUNTS:
        raise ConfigError(
            f"account dev:{index} does not exist: use dev:0 to dev:{DEV_ACCOUNTS - 1}"
        )
    from eth_account import Account

    Account.enable_unaudited_hdwallet_features()
    account = Account.from_mnemonic(_DEV_MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
    return Signer(account, name=f"dev:{index}")


def from_key(key: str | bytes, *, chain_id: int) -> Signer:
    """Return the account of a raw private key (32 bytes).

    Raises:
        ConfigError: on another chain than 31337, or not a key.
    """
    if chain_id != LOCAL_CHAIN:
        raise ConfigError(
            f"raw keys work on chain {LOCAL_CHAIN} only and this is chain {chain_id}: "
            "put the key into a keystore (`everloop account new NAME --import`)"
        )
    return Signer(_account_of(key), name="key")


def from_keystore(
    path: str | Path, *, password: str | None = None, password_file: str | Path | None = None
) -> Signer:
    """Open an encrypted keystore (Web3 Secret Storage, as geth, Ape and cast write it).

    Args:
        path: the JSON file.
        password: its password; if None, read from `password_file`, then from the file named by
            EVERLOOP_PASSWORD_FILE, then asked for on a terminal.
        password_file: file whose first line is the password.

    Raises:
        ConfigError: no such file, not a keystore, wrong password, or no way to ask for it.
    """
    from eth_account import Account

    file = Path(path)
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"keystore {file} cannot be read ({error.strerror}): check --account"
        ) from None
    except ValueError:
        raise ConfigError(f"keystore {file} is not JSON: use a Web3 Secret Storage file") from None
    secret = password if password is not None else read_password(f"keystore {file}", password_file)
    try:
        key = Account.decrypt(content, secret)
    except (ValueError, TypeError, KeyError, AttributeError, NotImplementedError) as error:
        wrong = "MAC" in str(error)
        fault = "the password is wrong" if wrong else "it is no Web3 Secret Storage file"
        raise ConfigError(f"keystore {file} does not open: {fault}") from None
    return Signer(Account.from_key(key), name=file.stem)


def new_keystore(path: str | Path, *, password: str, key: str | bytes | None = None) -> str:
    """Write an encrypted keystore, readable by its owner only, and return the address.

    Args:
        path: file to write; must not exist.
        password: encrypts the key; not empty.
        key: private key to put in; a random one if None.
    """
    from eth_account import Account

    file = Path(path)
    if not password:
        raise ConfigError(f"the password of keystore {file} is empty: choose one")
    account = _account_of(key if key is not None else secrets.token_bytes(32))
    text = json.dumps(Account.encrypt(account.key, password))
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigError(f"keystore {file} exists already: choose another name") from None
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
    return str(account.address)


def load(
    spec: str,
    *,
    chain_id: int,
    password: str | None = None,
    password_file: str | Path | None = None,
) -> Signer:
    """Return the account that a name stands for.

    Args:
        spec: `dev` or `dev:3` (chain 31337 only), a keystore's path, or its name in
            `.everloop/keystores/`.
        chain_id: of the chain it will sign for.
        password: see `from_keystore`.
        password_file: see `from_keystore`.
    """
    name, _, index = spec.partition(":")
    if name == "dev":
        if index and not index.isdecimal():
            raise ConfigError(f"account {spec!r} is not understood: write dev or dev:NUMBER")
        return dev(int(index or 0), chain_id=chain_id)
    for file in (Path(spec), KEYSTORES / f"{spec}.json"):
        if file.is_file():
            return from_keystore(file, password=password, password_file=password_file)
    if len(spec.removeprefix("0x")) == 64:
        raise ConfigError(
            "the account looks like a raw key, and keys do not belong on a command line: "
            "make a keystore with `everloop account new NAME --import`"
        )
    raise ConfigError(
        f"there is no account {spec!r}: use a keystore file, a name in {KEYSTORES}, "
        f"or dev:0 to dev:{DEV_ACCOUNTS - 1} on chain {LOCAL_CHAIN}"
    )


def wrap(account: Any) -> Signer:
    """Return a signer for an account of eth_account; a `Signer` stays as it is."""
    from eth_account.signers.base import BaseAccount

    if isinstance(account, Signer):
        return account
    if isinstance(account, BaseAccount):
        return Signer(account, name="account")
    raise ConfigError(
        f"{type(account).__name__} cannot sign: use an eth_account account or a keystore"
    )


def _account_of(key: str | bytes) -> LocalAccount:
    from eth_account import Account

    try:
        account: LocalAccount = Account.from_key(key)
    except Exception:
        raise ConfigError("the private key is not one: use 32 bytes in hexadecimal") from None
    return account


def read_password(what: str, password_file: str | Path | None = None) -> str:
    """Return a password: the first line of a file, or what is typed on the terminal.

    Args:
        what: what it opens, for messages.
        password_file: the file; that of EVERLOOP_PASSWORD_FILE if None.

    Raises:
        ConfigError: the file cannot be read, or there is neither file nor terminal.
    """
    source = password_file or os.environ.get(_PASSWORD_FILE)
    if source:
        try:
            lines = Path(source).read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise ConfigError(
                f"password file {source} cannot be read ({error.strerror}): write the password "
                f"into its first line, or name another file in --password-file or {_PASSWORD_FILE}"
            ) from None
        return lines[0] if lines else ""
    if not sys.stdin.isatty():
        raise ConfigError(
            f"{what} needs a password and there is no terminal to ask on: "
            f"name a file in --password-file or {_PASSWORD_FILE}"
        )
    return getpass.getpass(f"Password of {what}: ")
