"""An authority of a test's own, and certificates for names."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True)
class Authority:
    """Issues certificates into a directory."""

    directory: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def file(self) -> Path:
        return self.directory / "authority.pem"

    def issue(self, name: str) -> tuple[Path, Path]:
        """Certificate and key for a host name or an address, as files."""
        key = ec.generate_private_key(ec.SECP256R1())
        host: x509.GeneralName = x509.DNSName(name)
        if name.replace(".", "").isdigit():
            host = x509.IPAddress(ip_address(name))
        made = (
            _builder(name, key.public_key(), self.certificate.subject)
            .add_extension(x509.SubjectAlternativeName([host]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .sign(self.key, hashes.SHA256())
        )
        files = self.directory / f"{name}.pem", self.directory / f"{name}.key"
        files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
        files[1].write_bytes(_key_text(key))
        files[1].chmod(0o600)
        return files


def make_authority(directory: Path) -> Authority:
    """A new one, which nobody else trusts."""
    directory.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"authority of {directory.name}")])
    made = (
        _builder("", key.public_key(), subject, subject=subject)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    authority = Authority(directory, key, made)
    authority.file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return authority


def _builder(
    name: str, public: ec.EllipticCurvePublicKey, issuer: x509.Name, subject: x509.Name | None = None
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    named = subject or x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder().subject_name(named).issuer_name(issuer).public_key(public)
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))


def _key_text(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
