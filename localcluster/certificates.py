"""Fresh credentials of one cluster: its CA, server and client certificates, signing keys.

Everything is made together in a directory beside its place and renamed there, so that a cluster
has all of it or none. No key is shared between clusters, and none leaves the cluster's directory.
"""

import datetime
import ipaddress
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from localcluster.files import make_private_directory, write_private

VALID_DAYS = 365
RENEW_DAYS_BEFORE = 30
CLOCK_SKEW = datetime.timedelta(minutes=5)
SERVICE_IP = "10.96.0.1"
"""First address of the service range: what `kubernetes.default` resolves to."""

_SERVER_NAMES = (
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
)
_ADDRESSES = ("127.0.0.1", SERVICE_IP)


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """Who a certificate speaks for; its file is `<file>.crt` with the key in `<file>.key`."""

    file: str
    user: str
    group: str | None = None
    server: bool = False
    client: bool = True


KUBERNETES_SUBJECTS = (
    Subject(file="apiserver", user="kube-apiserver", server=True, client=False),
    Subject(file="admin", user="manpasik-admin", group="system:masters"),
    Subject(file="controller-manager", user="system:kube-controller-manager"),
    Subject(file="scheduler", user="system:kube-scheduler"),
    Subject(file="kwok", user="manpasik:kwok"),
    Subject(file="rollouts", user="manpasik:rollouts"),
)
ETCD_SUBJECTS = (
    # etcd dials its own client port (for its HTTP gateway), hence a client certificate as well.
    Subject(file="etcd", user="etcd", server=True),
    Subject(file="etcd-client", user="kube-apiserver"),
)


class _Authority:
    """A certificate authority that exists long enough to sign one cluster's certificates."""

    def __init__(self, name: str, now: datetime.datetime) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.now = now
        usage = _key_usage(signs_certificates=True)
        self.certificate = (
            self._builder(self.name, self.key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .sign(self.key, hashes.SHA256())
        )

    def _builder(
        self, subject: x509.Name, public_key: ec.EllipticCurvePublicKey
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now - CLOCK_SKEW)
            .not_valid_after(self.now + datetime.timedelta(days=VALID_DAYS))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
                critical=False,
            )
        )

    def issue(self, subject: Subject) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        """A certificate for that subject and its new key."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.NameAttribute(NameOID.COMMON_NAME, subject.user)]
        if subject.group:
            names.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, subject.group))
        purposes = [ExtendedKeyUsageOID.SERVER_AUTH] if subject.server else []
        purposes += [ExtendedKeyUsageOID.CLIENT_AUTH] if subject.client else []
        builder = (
            self._builder(x509.Name(names), key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        )
        if subject.server:
            dns = [x509.DNSName(name) for name in _SERVER_NAMES]
            ips = [x509.IPAddress(ipaddress.ip_address(address)) for address in _ADDRESSES]
            alternatives = x509.SubjectAlternativeName([*dns, *ips])
            builder = builder.add_extension(alternatives, critical=False)
        return builder.sign(self.key, hashes.SHA256()), key


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _issue_all(
    directory: Path, authority: _Authority, ca_file: str, subjects: Sequence[Subject]
) -> None:
    pem = serialization.Encoding.PEM
    write_private(directory / f"{ca_file}.crt", authority.certificate.public_bytes(pem))
    for subject in subjects:
        certificate, key = authority.issue(subject)
        write_private(directory / f"{subject.file}.crt", certificate.public_bytes(pem))
        write_private(directory / f"{subject.file}.key", _private_pem(key))


def issue(directory: Path, cluster: str, now: datetime.datetime) -> None:
    """Make all of a cluster's credentials in `directory`, replacing it whole.

    The CA keys are never written: nothing signs for this cluster after this call. etcd has its own
    CA, because whoever holds a certificate of etcd's CA may read every Secret.
    """
    beside = directory.with_name(f"{directory.name}.partial")
    shutil.rmtree(beside, ignore_errors=True)
    make_private_directory(beside)
    kubernetes = _Authority(f"manpasik-{cluster}", now)
    _issue_all(beside, kubernetes, "ca", KUBERNETES_SUBJECTS)
    _issue_all(beside, _Authority(f"manpasik-{cluster}-etcd", now), "etcd-ca", ETCD_SUBJECTS)
    signer = ec.generate_private_key(ec.SECP256R1())
    write_private(beside / "service-accounts.key", _private_pem(signer))
    public = signer.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    write_private(beside / "service-accounts.pub", public)
    shutil.rmtree(directory, ignore_errors=True)
    beside.rename(directory)


def usable(directory: Path, now: datetime.datetime) -> bool:
    """Whether the credentials are there and stay valid for a while."""
    subjects = (*KUBERNETES_SUBJECTS, *ETCD_SUBJECTS)
    files = [f"{subject.file}.{kind}" for subject in subjects for kind in ("crt", "key")]
    files += ["ca.crt", "etcd-ca.crt", "service-accounts.key", "service-accounts.pub"]
    if not all((directory / file).is_file() for file in files):
        return False
    ca = x509.load_pem_x509_certificate((directory / "ca.crt").read_bytes())
    expires = ca.not_valid_after_utc
    return now < expires - datetime.timedelta(days=RENEW_DAYS_BEFORE)
