"""Factories and their global parameters through azure-mgmt-datafactory."""

from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.mgmt.datafactory import DataFactoryManagementClient


def test_a_factory_comes_back_as_it_was_created(factory: Any) -> None:
    found = factory.client.factories.get(factory.group, factory.name)
    assert (found.id, found.type, found.location) == (factory.id, "Microsoft.DataFactory/factories", "westeurope")
    assert found.properties.provisioning_state == "Succeeded"
    assert found.properties.version == "2018-06-01"
    assert found.properties.create_time is not None
    assert found.identity.principal_id == "the-identity"
    assert found.e_tag.startswith('"')
    assert found.e_tag.endswith('"')


def test_names_are_found_whatever_their_case(factory: Any) -> None:
    found = factory.client.factories.get(factory.group.upper(), factory.name.upper())
    assert found.name == factory.name


def test_lists_by_group_and_by_subscription_hold_the_factory(factory: Any) -> None:
    by_group = [found.name for found in factory.client.factories.list_by_resource_group(factory.group)]
    everywhere = [found.name for found in factory.client.factories.list()]
    assert factory.name in by_group
    assert factory.name in everywhere
    assert list(factory.client.factories.list_by_resource_group("another-group")) == []


def test_writing_a_factory_again_keeps_its_documents_and_its_birthday(factory: Any) -> None:
    factory.pipeline("kept")
    before = factory.client.factories.get(factory.group, factory.name)
    factory.client.factories.create_or_update(
        factory.group, factory.name, {"location": "westeurope", "tags": {"team": "data"}}
    )
    after = factory.client.factories.get(factory.group, factory.name)
    assert after.properties.create_time == before.properties.create_time
    assert after.tags == {"team": "data"}
    assert after.e_tag != before.e_tag
    assert [pipeline.name for pipeline in factory.client.pipelines.list_by_factory(factory.group, factory.name)] == [
        "kept"
    ]


def test_tags_can_be_changed_alone(factory: Any) -> None:
    changed = factory.client.factories.update(factory.group, factory.name, {"tags": {"a": "b"}})
    assert changed.tags == {"a": "b"}
    assert changed.location == "westeurope"


def test_a_deleted_factory_is_gone_with_everything_in_it(factory: Any) -> None:
    factory.pipeline("gone")
    factory.client.factories.delete(factory.group, factory.name)
    with pytest.raises(ResourceNotFoundError) as refused:
        factory.client.factories.get(factory.group, factory.name)
    assert refused.value.error is not None
    assert refused.value.error.code == "ResourceNotFound"
    factory.client.factories.delete(factory.group, factory.name)  # a second time is 204
    factory.client.factories.create_or_update(factory.group, factory.name, {"location": "westeurope"})
    assert list(factory.client.pipelines.list_by_factory(factory.group, factory.name)) == []


@pytest.mark.parametrize("name", ["ab", "double--hyphen", "-first", "under_score", "x" * 64])
def test_a_factory_name_outside_of_the_pattern_is_refused(factory: Any, name: str) -> None:
    with pytest.raises(HttpResponseError) as refused:
        factory.client.factories.create_or_update(factory.group, name, {"location": "westeurope"})
    assert refused.value.status_code == 400


def test_a_factory_needs_a_location(factory: Any) -> None:
    with pytest.raises(HttpResponseError) as refused:
        factory.client.factories.create_or_update(factory.group, "nowhere", {})
    assert refused.value.error is not None
    assert refused.value.error.code == "LocationRequired"


def test_a_factory_is_only_written_over_the_version_that_was_read(factory: Any) -> None:
    read = factory.client.factories.get(factory.group, factory.name)
    body = {"location": "westeurope"}
    guard = {"etag": read.e_tag, "match_condition": MatchConditions.IfNotModified}
    factory.client.factories.create_or_update(factory.group, factory.name, body, **guard)
    with pytest.raises(HttpResponseError) as refused:
        factory.client.factories.create_or_update(factory.group, factory.name, body, **guard)
    assert refused.value.status_code == 412


def test_global_parameters_are_one_resource_and_part_of_the_factory(factory: Any) -> None:
    operations = factory.client.global_parameters
    assert list(operations.list_by_factory(factory.group, factory.name)) == []
    written = {"storageAccount": {"type": "String", "value": "lake"}, "limit": {"type": "Int", "value": 3}}
    operations.create_or_update(factory.group, factory.name, "default", {"properties": written})
    found = operations.get(factory.group, factory.name, "default")
    assert found.properties["limit"].value == 3
    shown = factory.client.factories.get(factory.group, factory.name).properties.global_parameters
    assert shown["storageAccount"].value == "lake"
    operations.delete(factory.group, factory.name, "default")
    with pytest.raises(ResourceNotFoundError):
        operations.get(factory.group, factory.name, "default")


def test_a_global_parameter_of_an_unknown_type_is_refused(factory: Any) -> None:
    with pytest.raises(HttpResponseError, match="unknown type"):
        factory.client.global_parameters.create_or_update(
            factory.group, factory.name, "default", {"properties": {"a": {"type": "Money", "value": 1}}}
        )


def test_without_a_token_nothing_is_answered(factory: Any) -> None:
    client = DataFactoryManagementClient(
        _Stranger(),
        "x",
        base_url=factory.emulator.address,
        connection_verify=str(factory.emulator.trust.authority.bundle_pem),
        retry_total=0,
    )
    with pytest.raises(ClientAuthenticationError) as refused:
        client.factories.get(factory.group, factory.name)
    assert refused.value.status_code == 401


def test_a_token_for_another_service_opens_nothing(factory: Any) -> None:
    token = factory.emulator.trust.token("https://vault.azure.net")
    answer = factory.emulator.call(
        "GET", factory.id + "?api-version=2018-06-01", headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("query", "code"),
    [("", "MissingApiVersionParameter"), ("?api-version=2017-09-01-preview", "NoRegisteredProviderFound")],
)
def test_another_api_version_is_refused(factory: Any, query: str, code: str) -> None:
    answer = factory.emulator.call("GET", factory.id + query)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


def test_answers_carry_the_services_headers(factory: Any) -> None:
    answer = factory.emulator.call(
        "GET", factory.id + "?api-version=2018-06-01", headers={"x-ms-correlation-request-id": "one-two-three"}
    )
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-ms-correlation-request-id"] == "one-two-three"
    assert answer.headers["x-ms-request-id"]


def test_an_operation_that_is_not_emulated_is_refused_by_name(factory: Any) -> None:
    with pytest.raises(HttpResponseError) as refused:
        factory.client.integration_runtimes.get_status(factory.group, factory.name, "shir")
    assert refused.value.status_code == 501
    assert refused.value.error is not None
    assert "IntegrationRuntimes.get_status" in str(refused.value.error.message)


def test_a_route_that_the_service_does_not_have_is_501_too(factory: Any) -> None:
    answer = factory.emulator.call("GET", factory.id + "/nonsense?api-version=2018-06-01")
    assert answer.status_code == 501


class _Stranger:
    def get_token(self, *_: str, **__: Any) -> Any:
        from azure.core.credentials import AccessToken

        return AccessToken("not-a-token", 4_000_000_000)
