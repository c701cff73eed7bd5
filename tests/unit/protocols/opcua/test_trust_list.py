"""The folders of a trust list, as people look at them and move certificates between them."""

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from integrations.cli.security.trust import move as move_command
from integrations.cli.security.trust import show
from integrations.protocols.opcua.own_certificate import self_signed
from integrations.protocols.opcua.trust_list import Standing, UnknownCertificateError, entries, move


@pytest.fixture(scope="module")
def certificate():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return self_signed(key, "boiler house", "urn:plant:boiler_house")


@pytest.fixture
def pki(tmp_path, certificate):
    folder = tmp_path / "pki"
    rejected = folder / "rejected" / "certs"
    rejected.mkdir(parents=True)
    (rejected / "boiler house [1].der").write_bytes(certificate.public_bytes(Encoding.DER))
    (rejected / "notes.txt").write_text("no certificate")
    return folder


def test_a_rejected_certificate_is_trusted_by_the_first_digits_of_its_thumbprint(pki):
    (entry,) = entries(pki)
    assert (entry.standing, entry.application_uri) == (Standing.REJECTED, "urn:plant:boiler_house")
    moved = move(pki, entry.thumbprint[:6].lower(), to=Standing.TRUSTED)
    assert moved.file == pki / "trusted" / "certs" / "boiler house [1].der"
    assert [each.standing for each in entries(pki)] == [Standing.TRUSTED]
    move(pki, entry.thumbprint, to=Standing.REJECTED)
    assert [each.standing for each in entries(pki)] == [Standing.REJECTED]


@pytest.mark.parametrize("digits", ["", "ZZ", "0" * 40])
def test_a_thumbprint_that_is_none_is_answered_with_those_that_are_there(pki, digits):
    (entry,) = entries(pki)
    with pytest.raises(UnknownCertificateError, match=entry.thumbprint):
        move(pki, digits, to=Standing.TRUSTED)


def test_the_commands_say_what_they_did(pki, capsys):
    (entry,) = entries(pki)
    assert show(pki) == 0
    assert entry.thumbprint in capsys.readouterr().out
    assert move_command(pki, entry.thumbprint, accept=True) == 0
    assert "is trusted now" in capsys.readouterr().out
    assert move_command(pki, entry.thumbprint, accept=True) == 2
    assert "must be that of one rejected certificate" in capsys.readouterr().err


def test_a_folder_without_certificates_is_explained(tmp_path, capsys):
    assert show(tmp_path / "pki") == 0
    assert "no certificates" in capsys.readouterr().out
