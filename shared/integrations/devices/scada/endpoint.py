"""Where an OPC UA server is reached, and as whom, in the words of the protocol's room."""

from integrations.configuration import secret_from
from integrations.protocols.opcua import OpcUaEndpoint

from .fields import SCADAConnectionFields

LONGEST_TIMEOUT_SECONDS = 300.0


def endpoint_of(config: SCADAConnectionFields, password: str) -> OpcUaEndpoint:
    """Return the endpoint.

    Raises:
        ConfigurationError: the endpoint's fields contradict each other.
    """
    return OpcUaEndpoint(
        host=config.host,
        port=config.port,
        path=config.path,
        security_policy=config.security_policy,
        security_mode=config.security_mode,
        username=config.username or "",
        password=password,
        user_certificate_file=config.user_certificate_file,
        user_key_file=config.user_key_file,
        pki_folder=config.pki_folder,
        certificate_file=config.certificate_file,
        key_file=config.key_file,
        trust_folder=config.trust_folder,
        timeout_seconds=min(config.timeout_seconds, LONGEST_TIMEOUT_SECONDS),
    )


def password_of(config: SCADAConnectionFields) -> str:
    """Return the password; its file is read now, and not where the plant is merely described.

    Raises:
        ConfigurationError: the file cannot be read.
    """
    if not config.password_file:
        return config.password or ""
    return secret_from("password_file", config.password_file)
