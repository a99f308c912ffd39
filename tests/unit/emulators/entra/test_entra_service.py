"""What the authority grants and refuses, without a socket."""

import logging
import uuid
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from emulators.entra.assertions import ASSERTION_TYPE, DEFAULT_AUDIENCE, FederatedCredential
from emulators.entra.errors import (
    EntraError,
    InvalidAssertion,
    InvalidResource,
    InvalidScope,
    InvalidSecret,
    MissingCredential,
    MissingParameter,
    NoFederatedCredential,
    NoTenantInformation,
    TenantNotFound,
    UnknownClient,
    UnsupportedGrantType,
)
from emulators.entra.service import EntraService, EntraSettings
from emulators.kernel.masking import MASK, MaskingFilter
from emulators.kernel.tokens import ARM_AUDIENCES, TokenIssuer

TENANT = str(uuid.uuid4())
CLIENT = str(uuid.uuid4())
FEDERATED = str(uuid.uuid4())
SECRET = "correct horse battery"
SIGNING_KEY = TokenIssuer.generate()
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_pem() -> str:
    return (
        OTHER_KEY.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


@pytest.fixture
def issuer() -> TokenIssuer:
    return TokenIssuer(SIGNING_KEY, TENANT)


@pytest.fixture
def service(issuer: TokenIssuer) -> EntraService:
    credential = FederatedCredential(
        issuer="https://pipelines.test", subject="sc://org/project/qa", public_key_pem=public_pem()
    )
    return EntraService(
        EntraSettings("https://authority.test", TENANT, {CLIENT: SECRET}, issuer, {FEDERATED: credential})
    )


def form(**changes: str) -> dict[str, str]:
    fields = {
        "grant_type": "client_credentials",
        "client_id": CLIENT,
        "client_secret": SECRET,
        "scope": "https://management.azure.com/.default",
        "resource": "https://management.azure.com/",
    }
    return {name: value for name, value in {**fields, **changes}.items() if value != "-"}


def assertion(**changes: object) -> str:
    claims = {
        "iss": "https://pipelines.test",
        "sub": "sc://org/project/qa",
        "aud": DEFAULT_AUDIENCE,
        "exp": datetime.now(UTC) + timedelta(minutes=5),
        **changes,
    }
    return jwt.encode(claims, OTHER_KEY, algorithm="RS256")


def federated(**changes: object) -> dict[str, str]:
    return form(
        client_id=FEDERATED,
        client_secret="-",
        client_assertion=assertion(**changes),
        client_assertion_type=ASSERTION_TYPE,
    )


def test_a_token_opens_what_its_scope_names(service: EntraService, issuer: TokenIssuer) -> None:
    token = service.grant(TENANT, form(), version=2)
    claims = issuer.verifier().verify_token(token.value, ARM_AUDIENCES)
    assert (claims.client_id, claims.tenant_id, claims.audience) == (CLIENT, TENANT, "https://management.azure.com")


@pytest.mark.parametrize(
    ("scope", "audience"),
    [
        ("https://management.core.windows.net//.default", "https://management.core.windows.net/"),
        ("2ff814a6-3304-4ab8-85cb-cd0e6f879c1d/.default", "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"),
        ("api://some-app/.default", "api://some-app"),
    ],
)
def test_the_audience_is_the_scope_without_its_suffix(service: EntraService, scope: str, audience: str) -> None:
    assert service.grant(TENANT, form(scope=scope), version=2).audience == audience


def test_version_1_names_a_resource(service: EntraService) -> None:
    assert service.grant(TENANT, form(), version=1).audience == "https://management.azure.com/"


def test_client_and_tenant_ids_are_compared_without_case(service: EntraService) -> None:
    assert service.grant(TENANT.upper(), form(client_id=CLIENT.upper()), version=2).value


@pytest.mark.parametrize(
    ("changes", "error", "number"),
    [
        ({"client_secret": SECRET + "x"}, InvalidSecret, 7000215),
        ({"client_secret": "ümlaut"}, InvalidSecret, 7000215),
        ({"client_id": FEDERATED}, InvalidSecret, 7000215),
        ({"client_secret": "-"}, MissingCredential, 7000218),
        ({"client_id": str(uuid.uuid4())}, UnknownClient, 700016),
        ({"client_id": "-"}, MissingParameter, 900144),
        ({"grant_type": "password"}, UnsupportedGrantType, 70003),
        ({"scope": "https://management.azure.com"}, InvalidScope, 70011),
        ({"scope": "/.default"}, InvalidScope, 70011),
        ({"scope": "https://a.test/.default https://b.test/.default"}, InvalidScope, 70011),
        ({"scope": "-"}, MissingParameter, 900144),
        ({"client_assertion": "x", "client_assertion_type": ASSERTION_TYPE}, NoFederatedCredential, 70025),
        ({"client_assertion": "x", "client_assertion_type": "saml"}, InvalidAssertion, 50027),
    ],
)
def test_a_refusal_has_entras_number(
    service: EntraService, changes: dict[str, str], error: type[EntraError], number: int
) -> None:
    with pytest.raises(error) as refused:
        service.grant(TENANT, form(**changes), version=2)
    assert refused.value.number == number


def test_version_1_refuses_what_is_no_resource(service: EntraService) -> None:
    with pytest.raises(InvalidResource):
        service.grant(TENANT, form(resource="management"), version=1)


def test_the_tenant_must_be_this_one(service: EntraService) -> None:
    with pytest.raises(TenantNotFound):
        service.grant(str(uuid.uuid4()), form(), version=2)
    with pytest.raises(NoTenantInformation):
        service.grant("organizations", form(), version=2)


def test_a_federated_client_needs_no_secret(service: EntraService) -> None:
    assert service.grant(TENANT, federated(), version=2).value


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"iss": "https://elsewhere.test"}, 700211),
        ({"aud": "https://elsewhere.test"}, 700212),
        ({"sub": "sc://org/project/prod"}, 700213),
        ({"exp": datetime(2020, 1, 1, tzinfo=UTC)}, 700024),
    ],
)
def test_an_assertion_must_fit_in_every_part(service: EntraService, changes: dict[str, object], number: int) -> None:
    with pytest.raises(InvalidAssertion) as refused:
        service.grant(TENANT, federated(**changes), version=2)
    assert refused.value.number == number


def test_an_assertion_of_another_signer_proves_nothing(service: EntraService) -> None:
    forged = jwt.encode({"sub": "sc://org/project/qa"}, "k" * 32, algorithm="HS256")
    with pytest.raises(InvalidAssertion):
        service.grant(TENANT, {**federated(), "client_assertion": forged}, version=2)


def test_secrets_are_masked_in_logs(service: EntraService) -> None:
    record = logging.LogRecord("drydock.entra", logging.INFO, "", 1, "secret is %s", (SECRET,), None)
    MaskingFilter().filter(record)
    assert SECRET not in record.getMessage()
    assert MASK in record.getMessage()


def test_metadata_is_given_for_the_tenant_and_for_any(service: EntraService) -> None:
    for tenant in (TENANT, "organizations", "common"):
        assert service.metadata(tenant, version=2)["token_endpoint"] == (
            f"https://authority.test/{tenant}/oauth2/v2.0/token"
        )
    with pytest.raises(TenantNotFound):
        service.metadata("elsewhere", version=2)
