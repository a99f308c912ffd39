"""The authority as unmodified azure-identity meets it, over HTTPS with the local certificate authority."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential, DefaultAzureCredential, EnvironmentCredential

from emulators.entra.routes import app
from emulators.entra.service import EntraService, EntraSettings
from emulators.kernel.certificates import LocalAuthority
from emulators.kernel.server import Listener, serve
from emulators.kernel.tokens import ARM_AUDIENCES, TokenIssuer

SIGNING_KEY = TokenIssuer.generate()
SECRET = "contract-secret"


@dataclass(frozen=True)
class Authority:
    address: str
    tenant: str
    client: str
    ca: LocalAuthority
    issuer: TokenIssuer


@pytest.fixture
async def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Authority]:
    ca, listener = LocalAuthority(tmp_path), Listener.reserve()
    tenant, client = str(uuid.uuid4()), str(uuid.uuid4())
    issuer = TokenIssuer(SIGNING_KEY, tenant)
    address = listener.address("https")
    service = EntraService(EntraSettings(address, tenant, {client: SECRET}, issuer))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ca.bundle_pem))
    monkeypatch.setenv("AZURE_AUTHORITY_HOST", address)
    monkeypatch.setenv("AZURE_TENANT_ID", tenant)
    monkeypatch.setenv("AZURE_CLIENT_ID", client)
    monkeypatch.setenv("AZURE_CLIENT_SECRET", SECRET)
    async with serve(app(service), listener, tls=ca.server_context()):
        yield Authority(address, tenant, client, ca, issuer)


async def token_of(credential: ClientSecretCredential | EnvironmentCredential | DefaultAzureCredential) -> str:
    def ask() -> str:
        with credential:
            return credential.get_token("https://management.azure.com/.default").token

    return await asyncio.to_thread(ask)


async def test_every_usual_credential_gets_a_token(authority: Authority) -> None:
    for credential in (
        EnvironmentCredential(disable_instance_discovery=True),
        DefaultAzureCredential(disable_instance_discovery=True),
        ClientSecretCredential(authority.tenant, authority.client, SECRET, disable_instance_discovery=True),
    ):
        token = await token_of(credential)
        assert authority.issuer.verifier().verify_token(token, ARM_AUDIENCES).client_id == authority.client


async def test_published_keys_verify_a_token(authority: Authority) -> None:
    token = await token_of(EnvironmentCredential(disable_instance_discovery=True))
    async with httpx.AsyncClient(verify=authority.ca.client_context()) as client:
        metadata = (
            await client.get(f"{authority.address}/{authority.tenant}/v2.0/.well-known/openid-configuration")
        ).json()
        keys = jwt.PyJWKSet.from_dict((await client.get(metadata["jwks_uri"])).json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(
        token, key, algorithms=["RS256"], audience="https://management.azure.com", issuer=metadata["issuer"]
    )
    assert claims["tid"] == authority.tenant


@pytest.mark.parametrize(
    ("tenant", "client", "secret", "number"),
    [
        (None, None, "wrong", "AADSTS7000215"),
        (None, "6c7a1a43-0000-4000-8000-000000000000", SECRET, "AADSTS700016"),
        ("6c7a1a43-0000-4000-8000-000000000000", None, SECRET, "AADSTS90002"),
    ],
)
async def test_a_refusal_reaches_the_person_with_its_number(
    authority: Authority, tenant: str | None, client: str | None, secret: str, number: str
) -> None:
    credential = ClientSecretCredential(
        tenant or authority.tenant, client or authority.client, secret, disable_instance_discovery=True
    )
    with pytest.raises(ClientAuthenticationError) as refused:
        await token_of(credential)
    assert number in str(refused.value) or "Unable to get authority configuration" in str(refused.value)
    assert SECRET not in str(refused.value)


async def test_a_bad_scope_is_refused_by_name(authority: Authority) -> None:
    def ask() -> None:
        with EnvironmentCredential(disable_instance_discovery=True) as credential:
            credential.get_token("https://management.azure.com/user.read")

    with pytest.raises(ClientAuthenticationError, match="AADSTS70011"):
        await asyncio.to_thread(ask)


async def test_version_1_gives_a_token_for_a_resource(authority: Authority) -> None:
    async with httpx.AsyncClient(verify=authority.ca.client_context()) as client:
        answer = await client.post(
            f"{authority.address}/{authority.tenant}/oauth2/token",
            data={
                "grant_type": "client_credentials",
                "client_id": authority.client,
                "client_secret": SECRET,
                "resource": "https://management.core.windows.net/",
            },
        )
    document = answer.json()
    assert authority.issuer.verifier().verify_token(document["access_token"], ARM_AUDIENCES)
    assert (document["resource"], document["expires_in"]) == ("https://management.core.windows.net/", "3599")


async def test_malformed_requests_are_refused_in_the_dialect(authority: Authority) -> None:
    address = f"{authority.address}/{authority.tenant}/oauth2/v2.0/token"
    async with httpx.AsyncClient(verify=authority.ca.client_context()) as client:
        for body, error in (
            (b"\xff\xfe", "invalid_request"),
            (b"", "invalid_request"),
            (b"grant_type=a&grant_type=b", "invalid_request"),
        ):
            answer = await client.post(address, content=body)
            assert (answer.status_code, answer.json()["error"]) == (400, error)
        assert (await client.post(f"{authority.address}/{authority.tenant}/oauth2/v2.0/devicecode")).status_code == 501
