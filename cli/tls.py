"""A certificate made on the spot, so that a phone in the same network can use this machine.

A small authority of this machine signs it. The phone is told to trust that authority once; it can
sign for names and addresses of local networks only, so whoever steals its key gains little else.
"""

import socket
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

AUTHORITY_LIFE = timedelta(days=3650)
SERVER_LIFE = timedelta(days=397)  # Phones refuse more.
RENEWED_BEFORE = timedelta(days=30)
BACK = timedelta(days=1)  # A phone's clock may be behind.
LOCAL: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
        "::1/128", "fc00::/7", "fe80::/10",
    )
)  # fmt: skip
# Nothing is sent there: connecting a datagram socket only looks up which address would be used.
ELSEWHERE = ((socket.AF_INET, "198.51.100.1"), (socket.AF_INET6, "2001:db8::1"))


def addresses() -> list[Address]:
    """This machine's addresses in its networks; the one that others use comes first."""
    found: list[Address] = []
    for family, elsewhere in ELSEWHERE:
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((elsewhere, 9))
            found.append(ip_address(probe.getsockname()[0]))
    with suppress(OSError):
        found += [ip_address(entry[4][0]) for entry in socket.getaddrinfo(_host_name(), None)]
    usable = [one for one in found if not one.is_loopback and not one.is_link_local]
    return list(dict.fromkeys(usable))


def _host_name() -> str:
    return socket.gethostname().partition(".")[0].lower()


def certificate(folder: Path, now: datetime, at: Iterable[Address]) -> None:
    """Have a certificate for these addresses in the folder, made anew where it does not fit."""
    wanted = _names(at)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key, authority = _authority(folder, now, wanted)
    server = _read(folder / "server.crt")
    if server is None or not _fits(server, authority, now, wanted):
        own = ec.generate_private_key(ec.SECP256R1())
        _keep_key(folder / "server.key", own)
        made = _server(own, key, authority, now, wanted)
        _keep(folder / "server.crt", made.public_bytes(serialization.Encoding.PEM))


def _names(at: Iterable[Address]) -> list[x509.GeneralName]:
    names = dict.fromkeys(["localhost", f"{_host_name()}.local"])
    numbers = dict.fromkeys([ip_address("127.0.0.1"), ip_address("::1"), *at])
    return [*map(x509.DNSName, names), *map(x509.IPAddress, numbers)]


# The authority


def _authority(
    folder: Path, now: datetime, wanted: list[x509.GeneralName]
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    """The authority that is there, or a new one where it has ended or may not sign for these."""
    held, file = _read(folder / "ca.crt"), folder / "ca.key"
    if held is not None and file.exists() and _lasts(held, now) and _may_sign(held, wanted):
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return key, held
    key = ec.generate_private_key(ec.SECP256R1())
    made = _new_authority(key, now, wanted)
    _keep_key(file, key)
    _keep(folder / "ca.crt", made.public_bytes(serialization.Encoding.PEM))
    return key, made


def _new_authority(
    key: ec.EllipticCurvePrivateKey, now: datetime, wanted: list[x509.GeneralName]
) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Onsite on {_host_name()}")])
    signing = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=True, crl_sign=True,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    builder = _builder(name, name, key.public_key(), now, AUTHORITY_LIFE)
    return (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(signing, critical=True)
        .add_extension(x509.NameConstraints(_permitted(wanted), None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _permitted(wanted: list[x509.GeneralName]) -> list[x509.GeneralName]:
    """Local names and networks, and of other addresses only those of this machine."""
    others = [ip_network(one.value) for one in wanted if _is_elsewhere(one)]
    names = ["localhost", "local"]
    return [*map(x509.DNSName, names), *map(x509.IPAddress, [*LOCAL, *others])]


def _is_elsewhere(name: x509.GeneralName) -> bool:
    return isinstance(name, x509.IPAddress) and not any(name.value in net for net in LOCAL)


def _may_sign(authority: x509.Certificate, wanted: list[x509.GeneralName]) -> bool:
    constraints = authority.extensions.get_extension_for_class(x509.NameConstraints).value
    permitted = constraints.permitted_subtrees or []
    return all(
        x509.IPAddress(ip_network(one.value)) in permitted for one in wanted if _is_elsewhere(one)
    )


# The server's certificate


def _server(
    own: ec.EllipticCurvePrivateKey,
    key: ec.EllipticCurvePrivateKey,
    authority: x509.Certificate,
    now: datetime,
    wanted: list[x509.GeneralName],
) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Onsite")])
    builder = _builder(name, authority.subject, own.public_key(), now, SERVER_LIFE)
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    return (
        builder.add_extension(x509.SubjectAlternativeName(wanted), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=False)
        .add_extension(issuer, critical=False)
        .sign(key, hashes.SHA256())
    )


def _fits(
    server: x509.Certificate,
    authority: x509.Certificate,
    now: datetime,
    wanted: list[x509.GeneralName],
) -> bool:
    try:
        server.verify_directly_issued_by(authority)
    except (InvalidSignature, ValueError):
        return False
    held = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return _lasts(server, now) and set(held) == set(wanted)


def _lasts(one: x509.Certificate, now: datetime) -> bool:
    return one.not_valid_before_utc <= now <= one.not_valid_after_utc - RENEWED_BEFORE


def _builder(
    name: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    life: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACK)
        .not_valid_after(now - BACK + life)
    )


# Files


def _read(file: Path) -> x509.Certificate | None:
    """The certificate in the file; None where there is none that can be read."""
    try:
        return x509.load_pem_x509_certificate(file.read_bytes())
    except (OSError, ValueError):
        return None


def _keep_key(file: Path, key: ec.EllipticCurvePrivateKey) -> None:
    encoded = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    _keep(file, encoded)


def _keep(file: Path, data: bytes) -> None:
    """Write a file that its owner alone may read."""
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_bytes(data)
