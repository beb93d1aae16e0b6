"""A certificate made on the spot is one that phones take, and stays as long as it fits."""

import ssl
import stat
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509

from cli import tls
from models.clock import ManualClock, SystemClock

HERE = [ip_address("192.168.1.5"), ip_address("fd00::5")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "tls"


@pytest.fixture
def now() -> datetime:
    return ManualClock().now()


def read(file: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(file.read_bytes())


def names(certificate: x509.Certificate) -> set[str]:
    held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(name.value) for name in held}


def test_it_names_every_way_to_reach_this_machine(folder: Path, now: datetime) -> None:
    tls.certificate(folder, now, HERE)
    server = read(folder / "server.crt")
    assert {"localhost", "127.0.0.1", "::1", "192.168.1.5", "fd00::5"} < names(server)
    assert any(name.endswith(".local") for name in names(server))
    server.verify_directly_issued_by(read(folder / "ca.crt"))
    life = server.not_valid_after_utc - server.not_valid_before_utc
    assert life <= timedelta(days=398)  # what phones take
    assert server.not_valid_before_utc < now


def test_nobody_else_reads_the_keys(folder: Path, now: datetime) -> None:
    tls.certificate(folder, now, HERE)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for file in folder.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert "PRIVATE" not in (folder / "ca.crt").read_text()


def test_what_fits_is_kept(folder: Path, now: datetime) -> None:
    tls.certificate(folder, now, HERE)
    before = {file: file.read_bytes() for file in folder.iterdir()}
    tls.certificate(folder, now + timedelta(days=300), HERE[::-1])
    assert before == {file: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize("days", [368, 397, 500])
def test_before_it_ends_it_is_renewed_by_the_same_authority(
    folder: Path, now: datetime, days: int
) -> None:
    tls.certificate(folder, now, HERE)
    authority, server = (folder / "ca.crt").read_bytes(), read(folder / "server.crt")
    later = now + timedelta(days=days)
    tls.certificate(folder, later, HERE)
    assert (folder / "ca.crt").read_bytes() == authority
    renewed = read(folder / "server.crt")
    assert renewed.serial_number != server.serial_number
    assert renewed.not_valid_after_utc > later + timedelta(days=360)


def test_another_address_makes_another_certificate_and_no_new_trust(
    folder: Path, now: datetime
) -> None:
    tls.certificate(folder, now, HERE)
    authority = (folder / "ca.crt").read_bytes()
    tls.certificate(folder, now, [ip_address("10.1.2.3")])
    assert "10.1.2.3" in names(read(folder / "server.crt"))
    assert "192.168.1.5" not in names(read(folder / "server.crt"))
    assert (folder / "ca.crt").read_bytes() == authority


def test_the_authority_signs_for_local_networks_and_this_machine_only(
    folder: Path, now: datetime
) -> None:
    tls.certificate(folder, now, [*HERE, ip_address("203.0.113.7")])
    authority = read(folder / "ca.crt")
    constraints = authority.extensions.get_extension_for_class(x509.NameConstraints)
    permitted = {str(name.value) for name in constraints.value.permitted_subtrees or ()}
    assert constraints.critical
    assert {"local", "localhost", "192.168.0.0/16", "203.0.113.7/32"} <= permitted
    assert not {"0.0.0.0/0", "::/0", "", "com"} & permitted
    tls.certificate(folder, now, [ip_address("203.0.113.8")])
    assert read(folder / "ca.crt").serial_number != authority.serial_number


@pytest.mark.parametrize("broken", ["ca.key", "ca.crt", "server.crt"])
def test_what_was_lost_or_damaged_is_made_anew(folder: Path, now: datetime, broken: str) -> None:
    tls.certificate(folder, now, HERE)
    if broken.endswith("key"):
        (folder / broken).unlink()
    else:
        (folder / broken).write_text("damaged")
    tls.certificate(folder, now, HERE)
    read(folder / "server.crt").verify_directly_issued_by(read(folder / "ca.crt"))


def test_a_client_that_trusts_the_authority_takes_it_and_no_other_does(folder: Path) -> None:
    """A handshake by the TLS library itself, without a network."""
    tls.certificate(folder, SystemClock().now(), HERE)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(folder / "server.crt", folder / "server.key")
    trusting = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    for name in ("127.0.0.1", "192.168.1.5", "localhost"):
        assert shake_hands(server, trusting, name) == "TLSv1.3"
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(server, trusting, "192.168.1.6")
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(server, ssl.create_default_context(), "localhost")


def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> str | None:
    """The protocol that both agree on, over two buffers."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    here = client.wrap_bio(down, up, server_hostname=name)
    there = server.wrap_bio(up, down, server_side=True)
    for side in (here, there, here, there):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return here.version()


def test_this_machine_knows_its_addresses() -> None:
    assert all(not one.is_loopback for one in tls.addresses())
