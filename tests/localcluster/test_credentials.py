"""Keys are private, complete, and speak for exactly whom they should."""

import datetime
import stat
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from localcluster import certificates, kubeconfig

NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("cluster") / "pki"
    certificates.issue(directory, "local", NOW)
    return directory


def _certificate(pki: Path, file: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((pki / f"{file}.crt").read_bytes())


def _attribute(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> list[str]:
    return [str(each.value) for each in certificate.subject.get_attributes_for_oid(oid)]


def test_nobody_else_can_read_a_file_or_enter_the_directory(pki: Path):
    assert stat.S_IMODE(pki.stat().st_mode) == 0o700
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in pki.iterdir()}
    assert modes == dict.fromkeys(modes, 0o600)
    assert "admin.key" in modes


def test_no_authority_key_stays_behind_to_sign_another_certificate(pki: Path):
    assert not list(pki.glob("*ca.key"))


def test_only_the_admin_is_a_cluster_master(pki: Path):
    groups = {
        subject.file: _attribute(_certificate(pki, subject.file), NameOID.ORGANIZATION_NAME)
        for subject in certificates.KUBERNETES_SUBJECTS
    }
    assert {file for file, group in groups.items() if group} == {"admin"}
    assert groups["admin"] == ["system:masters"]


def test_the_api_server_is_known_by_loopback_and_by_its_service(pki: Path):
    certificate = _certificate(pki, "apiserver")
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {"localhost", "kubernetes.default.svc"} <= set(names.get_values_for_type(x509.DNSName))
    addresses = {str(each) for each in names.get_values_for_type(x509.IPAddress)}
    assert addresses == {"127.0.0.1", "10.96.0.1"}


@pytest.mark.parametrize(
    ("file", "purpose"),
    [("admin", ExtendedKeyUsageOID.CLIENT_AUTH), ("apiserver", ExtendedKeyUsageOID.SERVER_AUTH)],
)
def test_a_client_certificate_cannot_serve_nor_the_servers_ask(
    pki: Path, file: str, purpose: x509.ObjectIdentifier
):
    usage = _certificate(pki, file).extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert list(usage.value) == [purpose]


def test_etcd_trusts_another_authority_than_the_api_server(pki: Path):
    assert _certificate(pki, "etcd-client").issuer == _certificate(pki, "etcd-ca").subject
    assert _certificate(pki, "etcd-ca").subject != _certificate(pki, "ca").subject


def test_credentials_are_made_anew_before_they_expire(pki: Path):
    assert certificates.usable(pki, NOW)
    assert not certificates.usable(pki, NOW + datetime.timedelta(days=certificates.VALID_DAYS))


@pytest.mark.parametrize("lost", ["etcd.key", "service-accounts.pub", "ca.crt"])
def test_incomplete_credentials_are_not_usable(tmp_path: Path, lost: str):
    certificates.issue(tmp_path / "pki", "local", NOW)
    (tmp_path / "pki" / lost).unlink()
    assert not certificates.usable(tmp_path / "pki", NOW)


def test_issuing_again_replaces_every_key(tmp_path: Path):
    directory = tmp_path / "pki"
    certificates.issue(directory, "local", NOW)
    before = {file.name: file.read_bytes() for file in directory.glob("*.key")}
    certificates.issue(directory, "local", NOW)
    assert all((directory / name).read_bytes() != key for name, key in before.items())


def test_a_kubeconfig_is_private_and_carries_all_it_needs(pki: Path, tmp_path: Path):
    path = tmp_path / "kubeconfig"
    kubeconfig.write(path, "local", port=4321, pki=pki, user="admin")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    config = yaml.safe_load(path.read_text())
    assert config["current-context"] == "manpasik-local"
    assert config["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:4321"
    assert {"client-certificate-data", "client-key-data"} <= config["users"][0]["user"].keys()
