"""What is masked, what is remembered as a secret, and what a masked value means when it is written back."""

from typing import Any

import pytest

from emulators.datafactory.secrets import MASK, masked, restored, secret_values

CONNECTION = "DefaultEndpointsProtocol=https;AccountName=lake;AccountKey=a2V5PT0=;EndpointSuffix=core.windows.net"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (
            {"accessToken": {"type": "SecureString", "value": "s3cret"}},
            {"accessToken": {"type": "SecureString", "value": MASK}},
        ),
        (
            {"p": {"type": "SecureString", "defaultValue": "s3cret"}},
            {"p": {"type": "SecureString", "defaultValue": MASK}},
        ),
        ({"p": {"type": "SecureString"}}, {"p": {"type": "SecureString"}}),
        ({"password": "s3cret"}, {"password": MASK}),
        (
            {"authentication": {"type": "ClientCertificate", "pfx": "MII"}},
            {"authentication": {"type": "ClientCertificate", "pfx": MASK}},
        ),
        (
            {"authHeaders": {"x-key": "s3cret", "x-other": "@linkedService().p", "x-none": ""}},
            {"authHeaders": {"x-key": MASK, "x-other": "@linkedService().p", "x-none": ""}},
        ),
        ({"servicePrincipalKey": "s3cret"}, {"servicePrincipalKey": MASK}),
        ({"password": "@linkedService().p"}, {"password": "@linkedService().p"}),
        ({"password": ""}, {"password": ""}),
        (
            {"connectionString": "Server=x;User=u;Password=s3cret"},
            {"connectionString": f"Server=x;User=u;Password={MASK}"},
        ),
        ({"sasUri": "https://x/c?sv=1&sig=abc%3D&se=2"}, {"sasUri": f"https://x/c?sv=1&sig={MASK}&se=2"}),
        ([{"pwd": "s3cret"}], [{"pwd": MASK}]),
        ({"userName": "me", "url": "https://x"}, {"userName": "me", "url": "https://x"}),
    ],
)
def test_masking(written: Any, shown: Any) -> None:
    assert masked(written) == shown


def test_a_vault_reference_is_no_secret() -> None:
    reference = {"type": "AzureKeyVaultSecret", "secretName": "key", "store": {"referenceName": "vault"}}
    assert masked({"accessToken": reference}) == {"accessToken": reference}


def test_masking_leaves_the_original_alone() -> None:
    written = {"password": {"type": "SecureString", "value": "s3cret"}}
    masked(written)
    assert written["password"]["value"] == "s3cret"


def test_secrets_are_found_in_clear() -> None:
    properties = {
        "typeProperties": {
            "connectionString": CONNECTION,
            "accessToken": {"type": "SecureString", "value": "token"},
            "other": [{"password": "word"}, {"password": "@linkedService().p"}],
            "secured": {"type": "SecureString", "value": CONNECTION},
            "authHeaders": {"x-key": "header", "x-other": "@linkedService().p"},
        }
    }
    assert list(secret_values(properties)) == ["a2V5PT0=", "token", "word", CONNECTION, "a2V5PT0=", "header"]


@pytest.mark.parametrize(
    "stored",
    [
        {"connectionString": CONNECTION},
        {"accessToken": {"type": "SecureString", "value": "s3cret"}, "domain": "https://x"},
        {"authHeaders": {"x-key": "s3cret", "y-key": {"type": "SecureString", "value": "other"}}},
        {"list": [{"password": "one"}, {"password": "two"}]},
    ],
)
def test_reading_and_writing_back_changes_nothing(stored: Any) -> None:
    assert restored(masked(stored), stored) == stored


def test_a_new_secret_replaces_the_stored_one() -> None:
    assert restored({"password": "new"}, {"password": "old"}) == {"password": "new"}
    changed = {"connectionString": CONNECTION.replace("lake", "sea").replace("a2V5PT0=", MASK)}
    assert restored(changed, {"connectionString": CONNECTION}) == changed


def test_a_mask_where_nothing_is_stored_is_kept_as_written() -> None:
    assert restored({"password": MASK}, None) == {"password": MASK}
