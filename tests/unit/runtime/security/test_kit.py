"""What `gl003 secure init` makes, and what it leaves alone."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from integrations.configuration import ConfigurationError
from integrations.runtime.security.authority import read_authority
from integrations.runtime.security.kit import KitRequest, make_kit
from integrations.runtime.security.user_keys import user_key


def kit(folder, **fields):
    return make_kit(KitRequest(folder, "plant1", ["bus.example", "127.0.0.1"], **fields))


def contents(folder):
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_secrets_are_their_owners_alone(tmp_path):
    kit(tmp_path)
    secret = [*tmp_path.rglob("*.nk"), *tmp_path.rglob("*-key.pem")]
    assert secret
    assert {stat.S_IMODE(file.stat().st_mode) for file in secret} == {0o600}
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in tmp_path.iterdir() if folder.is_dir()} == {
        0o700
    }


def test_made_again_everything_stays_and_what_was_taken_away_is_made_anew(tmp_path):
    kit(tmp_path)
    before = contents(tmp_path)
    assert kit(tmp_path).made == []
    assert contents(tmp_path) == before
    (tmp_path / "users" / "scada.nk").unlink()
    assert [file.name for file in kit(tmp_path).made] == ["scada.nk"]
    after = contents(tmp_path)
    changed = {file.name for file in after if after[file] != before[file]}
    assert changed == {"scada.nk", "accounts.conf"}


def test_renewing_keeps_the_authority_and_the_keys_of_users(tmp_path):
    kit(tmp_path)
    before = contents(tmp_path)
    kit(tmp_path, renew=True)
    after = contents(tmp_path)
    kept = {file.name for file in after if after[file] == before[file]}
    assert {"ca.pem", "ca-key.pem", "scada.nk", "scada.env", "accounts.conf"} <= kept
    assert not kept & {"server.pem", "server-key.pem", "scada.pem", "scada-key.pem"}


def test_a_server_is_certified_for_its_hosts_and_a_client_for_none(tmp_path):
    kit(tmp_path)
    authority = read_authority(tmp_path / "ca.pem", tmp_path / "ca-key.pem").certificate
    server, client = (
        x509.load_pem_x509_certificate((tmp_path / name).read_bytes())
        for name in ("server/server.pem", "users/scada.pem")
    )
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["bus.example"]
    with pytest.raises(x509.ExtensionNotFound):
        client.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    for certificate in (server, client):
        certificate.verify_directly_issued_by(authority)
        left = certificate.not_valid_after_utc - datetime.now(UTC)
        assert timedelta(days=800) < left < timedelta(days=826)


def test_files_may_be_elsewhere_for_those_who_use_them(tmp_path):
    kit(tmp_path, server_folder=Path("/etc/nats"), users_folder=Path("/run/secrets"))
    assert 'cert_file: "/etc/nats/server.pem"' in (tmp_path / "server" / "nats-server.conf").read_text()
    assert "NATS_NKEY_SEED_FILE=/run/secrets/scada.nk" in (tmp_path / "users" / "scada.env").read_text()


def test_every_fault_of_what_was_asked_is_told(tmp_path):
    with pytest.raises(ConfigurationError) as raised:
        make_kit(KitRequest(tmp_path, "plant 1", [], agents=["GL.001"]))
    told = " ".join(map(str, raised.value.faults))
    for fault in ("site must be 1 to 128", "agent must be 1 to 128", "host must be given"):
        assert fault in told
    assert list(tmp_path.iterdir()) == []


def test_an_authority_whose_key_is_another_is_not_used(tmp_path):
    kit(tmp_path)
    (tmp_path / "ca-key.pem").write_bytes((tmp_path / "server" / "server-key.pem").read_bytes())
    with pytest.raises(ConfigurationError, match=r"ca-key\.pem is not the key of .*ca\.pem"):
        kit(tmp_path, renew=True)


@pytest.mark.parametrize(
    "text", ["", "no seed", "SAAN2WHPQZRRH7OHA4GU2PCNKCHDPTCMVXWPGHCYJYVTVDKRV4JZ5ZTZXY"]
)
def test_a_file_without_a_users_seed_is_named_and_its_content_is_not(tmp_path, text):
    file = tmp_path / "x.nk"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"x\.nk must hold the seed of a user") as raised:
        user_key(file)
    assert not text or text not in str(raised.value)
