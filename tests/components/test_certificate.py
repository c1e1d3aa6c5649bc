"""PostgreSQL's certificate: the same in every run, and good enough for a real TLS handshake."""

import socket
import ssl
import threading

import pytest

from components.data.certificate import VALID_UNTIL, self_signed

HOST = "postgres.manpasik-data.svc.cluster.local"
ENTROPY = bytes(range(32))


def test_the_same_entropy_gives_the_same_certificate_and_key():
    assert self_signed(HOST, ENTROPY) == self_signed(HOST, ENTROPY), "it would drift at every run"
    assert self_signed(HOST, ENTROPY) != self_signed(HOST, bytes(32))


@pytest.mark.parametrize("entropy", [bytes(32), b"\xff" * 32])
def test_every_entropy_gives_a_valid_key(entropy):
    certificate, key = self_signed(HOST, entropy)
    assert "BEGIN CERTIFICATE" in certificate
    assert "BEGIN PRIVATE KEY" in key


def test_a_client_that_verifies_the_host_accepts_it(tmp_path):
    certificate, key = self_signed(HOST, ENTROPY)
    (tmp_path / "tls.crt").write_text(certificate)
    (tmp_path / "tls.key").write_text(key)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(tmp_path / "tls.crt", tmp_path / "tls.key")
    client_side = ssl.create_default_context(cafile=str(tmp_path / "tls.crt"))
    here, there = socket.socketpair()
    peer = threading.Thread(target=lambda: server_side.wrap_socket(there, server_side=True).close())
    peer.start()
    with client_side.wrap_socket(here, server_hostname=HOST) as connection:
        assert connection.version() in ("TLSv1.2", "TLSv1.3")
    peer.join()


def test_it_outlives_the_clusters_it_is_made_for():
    assert VALID_UNTIL.year >= 2040
