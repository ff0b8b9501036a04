"""Who may sign where."""

from __future__ import annotations

from pathlib import Path

import pytest
from eth_account import Account

from agent_sdk import accounts
from agent_sdk.errors import ConfigError

KEY = "0x" + 64 * "7"
ANVIL_0 = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


@pytest.fixture(scope="module")
def keystore(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "mine.json"
    accounts.new_keystore(path, password="secret", key=KEY)
    return path


def test_dev_accounts_are_those_of_anvil() -> None:
    assert accounts.dev(0).address == ANVIL_0
    assert accounts.load("dev", chain_id=31337).address == ANVIL_0
    assert accounts.load("dev:1", chain_id=31337).address == accounts.dev(1).address


def test_dev_accounts_are_refused_elsewhere() -> None:
    with pytest.raises(ConfigError, match="chain 31337 only and this is chain 1"):
        accounts.load("dev:0", chain_id=1)


def test_raw_keys_are_refused_elsewhere() -> None:
    assert accounts.from_key(KEY, chain_id=31337).address == Account.from_key(KEY).address
    with pytest.raises(ConfigError, match="keystore"):
        accounts.from_key(KEY, chain_id=1)


@pytest.mark.parametrize("spec", ["dev:10", "dev:x", "nobody"])
def test_unknown_accounts_are_refused(spec: str) -> None:
    with pytest.raises(ConfigError, match=spec):
        accounts.load(spec, chain_id=31337)


def test_a_raw_key_as_account_is_refused_without_showing_it() -> None:
    with pytest.raises(ConfigError) as refused:
        accounts.load(KEY, chain_id=31337)
    assert KEY[2:] not in str(refused.value)


def test_keystore_opens_with_its_password_file(keystore: Path, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("secret\n")
    signer = accounts.load(str(keystore), chain_id=1, password_file=password)
    assert signer.address == Account.from_key(KEY).address


def test_keystore_opens_by_name_and_environment(
    keystore: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / accounts.KEYSTORES
    folder.mkdir(parents=True)
    (folder / "mine.json").write_bytes(keystore.read_bytes())
    password = tmp_path / "password"
    password.write_text("secret")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVERLOOP_PASSWORD_FILE", str(password))
    assert accounts.load("mine", chain_id=1).name == "mine"


def test_wrong_password_is_named_as_such(keystore: Path) -> None:
    with pytest.raises(ConfigError, match="the password is wrong"):
        accounts.from_keystore(keystore, password="other")


def test_without_terminal_and_file_the_password_is_asked_for_by_an_error(
    keystore: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EVERLOOP_PASSWORD_FILE", raising=False)
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    with pytest.raises(ConfigError, match="--password-file"):
        accounts.from_keystore(keystore)


@pytest.mark.parametrize("content", ["", "not json", "{}", "[]", '{"version": 3}'])
def test_files_that_are_no_keystore_are_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "odd.json"
    path.write_text(content)
    with pytest.raises(ConfigError, match=r"odd\.json"):
        accounts.from_keystore(path, password="x")


def test_keystores_are_private_and_not_overwritten(keystore: Path) -> None:
    assert keystore.stat().st_mode & 0o077 == 0
    assert KEY[2:] not in keystore.read_text()
    with pytest.raises(ConfigError, match="exists already"):
        accounts.new_keystore(keystore, password="secret")


def test_keystores_need_a_password(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="empty"):
        accounts.new_keystore(tmp_path / "k.json", password="")


def test_signers_do_not_show_their_key() -> None:
    signer = accounts.from_key(KEY, chain_id=31337)
    assert KEY[2:] not in repr(signer) + str(signer) + str(vars(signer))


def test_accounts_of_eth_account_are_wrapped_and_others_refused() -> None:
    local = Account.from_key(KEY)
    assert accounts.wrap(local).address == local.address
    signer = accounts.dev(0)
    assert accounts.wrap(signer) is signer
    with pytest.raises(ConfigError, match="cannot sign"):
        accounts.wrap(object())
