"""What nats-servers and their clients show each other: certificates, nkeys, and credentials with JWTs."""

import base64
import datetime as dt
import hashlib
import ipaddress
import json
import os
import time

import nkeys
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

DAY = dt.timedelta(days=1)


class Authority:
    """A CA that writes certificates and keys as PEM files into one folder."""

    def __init__(self, folder, name="ca"):
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        usage = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=True,
            crl_sign=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        own = self._builder(self._name, self._key, DAY)
        own = own.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        own = own.add_extension(usage, critical=True)
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(own.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def certify(self, name, *, lasts=DAY):
        """Return certificate and key file of a server or client at 127.0.0.1."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        names = x509.SubjectAlternativeName(
            [x509.DNSName("localhost"), x509.IPAddress(ipaddress.IPv4Address("127.0.0.1"))]
        )
        certificate = self._builder(subject, key, lasts).add_extension(names, critical=False)
        files = self._folder / f"{name}.pem", self._folder / f"{name}-key.pem"
        files[0].write_bytes(
            certificate.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        )
        files[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return files

    def _builder(self, subject, key, lasts):
        now = dt.datetime.now(dt.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 2 * DAY)
            .not_valid_after(now + lasts)
            # RFC 5280 wants both key identifiers, and Python 3.13 verifies by it.
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
        )


def key_pair(prefix):
    """A new nkey pair: nkeys.PREFIX_BYTE_USER and its like."""
    return nkeys.from_seed(nkeys.encode_seed(os.urandom(32), prefix))


def public(pair):
    return pair.public_key.decode()


def token(issuer, subject, name, claims):
    """A JWT as nats-server reads it: the issuer's signature over what it says of the subject's key."""
    now = int(time.time())
    body = {"iat": now, "iss": public(issuer), "name": name, "sub": public(subject), "nats": claims}
    body["jti"] = base64.b32encode(hashlib.sha256(json.dumps(body).encode()).digest()).decode().rstrip("=")
    head = {"typ": "JWT", "alg": "ed25519-nkey"}
    parts = [_encoded(json.dumps(part).encode()) for part in (head, body)]
    return ".".join([*parts, _encoded(issuer.sign(".".join(parts).encode()))])


def credentials(issuer, name):
    """The text of a credentials file for a user of the account whose key is `issuer`."""
    user = key_pair(nkeys.PREFIX_BYTE_USER)
    claims = {"type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1, "pub": {}, "sub": {}}
    signed = token(issuer, user, name, claims)
    return (
        f"-----BEGIN NATS USER JWT-----\n{signed}\n------END NATS USER JWT------\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{user.seed.decode()}\n------END USER NKEY SEED------\n"
    )


def account(operator, key):
    """The JWT of an account without limits."""
    unlimited = dict.fromkeys(("subs", "data", "payload", "imports", "exports", "conn", "leaf"), -1)
    claims = {"type": "account", "version": 2, "limits": unlimited | {"wildcards": True}}
    return token(operator, key, "plant", claims)


def _encoded(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
