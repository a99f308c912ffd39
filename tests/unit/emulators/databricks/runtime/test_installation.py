"""Installing the jars: whole or not at all, checked, once; without a network."""

import hashlib
import os
import subprocess
import threading
from pathlib import Path

import pytest

from emulators.databricks.runtime import installation
from emulators.databricks.runtime.installation import InstallationError, install_jars, install_java, write_truststore

JARS = {"one.jar": hashlib.sha256(b"one").hexdigest(), "two.jar": hashlib.sha256(b"two").hexdigest()}


class Resolver:
    """Stands in for Spark's resolver: writes files, counts calls."""

    def __init__(self, **contents: bytes) -> None:
        self.contents = {"one.jar": b"one", "two.jar": b"two"} | {
            f"{name}.jar": data for name, data in contents.items()
        }
        self.calls = 0
        self.entered = threading.Event()

    def __call__(self, workshop: Path) -> Path:
        self.calls += 1
        self.entered.set()
        folder = workshop / "resolved"
        folder.mkdir()
        for name, data in self.contents.items():
            (folder / name).write_bytes(data)
        return folder


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Resolver:
    stand_in = Resolver()
    monkeypatch.setattr(installation, "JARS", JARS)
    monkeypatch.setattr(installation, "_resolve", stand_in)
    return stand_in


def test_the_jars_are_fetched_once_and_then_only_checked(resolver: Resolver, tmp_path: Path) -> None:
    first, second = install_jars(tmp_path), install_jars(tmp_path)
    assert first == second
    assert [path.read_bytes() for path in first] == [b"one", b"two"]
    assert resolver.calls == 1
    assert len(list(tmp_path.iterdir())) == 2  # the folder and the lock: no workshop stays


def test_a_damaged_jar_is_fetched_again(resolver: Resolver, tmp_path: Path) -> None:
    install_jars(tmp_path)[0].write_bytes(b"damaged")
    assert install_jars(tmp_path)[0].read_bytes() == b"one"
    assert resolver.calls == 2


def test_a_file_with_another_sum_is_never_installed(resolver: Resolver, tmp_path: Path) -> None:
    resolver.contents["two.jar"] = b"something else"
    with pytest.raises(InstallationError, match=r"two\.jar is not the file that was checked"):
        install_jars(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["spark-jars.lock"]


def test_a_jar_that_does_not_come_is_named(resolver: Resolver, tmp_path: Path) -> None:
    del resolver.contents["one.jar"]
    with pytest.raises(InstallationError, match=r"did not bring one\.jar"):
        install_jars(tmp_path)


def test_what_a_killed_installer_left_is_cleared_away(resolver: Resolver, tmp_path: Path) -> None:
    (tmp_path / "spark-jars-unfinished-dead").mkdir()
    (tmp_path / "spark-jars-unfinished-dead" / "one.jar").write_bytes(b"on")
    install_jars(tmp_path)
    assert not (tmp_path / "spark-jars-unfinished-dead").exists()


def test_two_at_once_install_once(resolver: Resolver, tmp_path: Path) -> None:
    threads = [threading.Thread(target=install_jars, args=(tmp_path,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert resolver.calls == 1


def test_a_failed_resolve_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refused(*_: object, **__: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], 1, "", "noise\nunresolved dependency: io.delta#delta\nmore noise")

    monkeypatch.setattr(subprocess, "run", refused)
    with pytest.raises(InstallationError) as caught:
        install_jars(tmp_path)
    assert "DRYDOCK_CACHE" in str(caught.value)
    assert str(caught.value).endswith("unresolved dependency: io.delta#delta")


def test_the_launcher_drops_the_module_and_keeps_everything_else(tmp_path: Path) -> None:
    home = install_java(tmp_path / "java")
    launcher = home / "bin" / "java"
    echo = tmp_path / "echo"
    echo.write_text('#!/bin/sh\nprintf "%s|" "$@"\n')
    echo.chmod(0o755)
    text = launcher.read_text()
    launcher.write_text(text[: text.index('exec "')] + f'exec "{echo}" "$@"\n')
    arguments = ["-Da=b c", "--add-modules=jdk.incubator.vector", "-cp", "x:y", ""]
    shown = subprocess.run([launcher, *arguments], capture_output=True, text=True, check=True).stdout
    assert shown == "-Da=b c|-cp|x:y||"
    assert os.access(launcher, os.X_OK)


def test_the_truststore_holds_the_machines_authorities_and_ours(tmp_path: Path) -> None:
    import trustme
    from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

    ours = trustme.CA(organization_name="ours of this test")
    (tmp_path / "ca.pem").write_bytes(ours.cert_pem.bytes())
    alone = write_truststore(tmp_path / "alone.p12")
    both = write_truststore(tmp_path / "both.p12", tmp_path / "ca.pem")
    counts = [
        len(load_pkcs12(store.path.read_bytes(), store.password.encode()).additional_certs) for store in (alone, both)
    ]
    assert counts[0] > 50
    assert counts[1] == counts[0] + 1
    assert f"-Djavax.net.ssl.trustStore={both.path}" in both.java_options
