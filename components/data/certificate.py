"""The TLS certificate of an in-cluster PostgreSQL, derived from the stack's seed.

The services ask for `sslmode=require` and keep their data in memory when TLS is refused (ENV-03).
`require` verifies no issuer, so the certificate signs itself. It is the same in every run of the
same seed (RFC 6979 signatures, fixed dates): nothing drifts, no run needs a clock.
"""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

VALID_FROM = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
VALID_UNTIL = datetime.datetime(2046, 1, 1, tzinfo=datetime.UTC)
# Order of the curve P-256, so that every derived number is a valid private key.
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def self_signed(host: str, entropy: bytes) -> tuple[str, str]:
    """Certificate and private key in PEM for a host, from 32 bytes."""
    number = int.from_bytes(entropy, "big") % (_P256_ORDER - 1) + 1
    key = ec.derive_private_key(number, ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(entropy[:15], "big") + 1)
        .not_valid_before(VALID_FROM)
        .not_valid_after(VALID_UNTIL)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256(), ecdsa_deterministic=True)
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode(), private.decode()
