"""Timeout, retry, interval and secured input and output."""

from typing import Any

import pytest


def test_every_attempt_is_a_row_of_its_own(rig: Any, activity: Any) -> None:
    run = rig.run(
        [activity("A", policy={"retry": 2, "retryIntervalInSeconds": 60})], {"A": ["fail 5", "fail 5", "ok 5"]}
    )
    assert rig.events == [
        "0 p InProgress",
        "0 A InProgress",
        "5 A Failed",
        "65 A InProgress",
        "70 A Failed",
        "130 A InProgress",
        "135 A Succeeded",
        "135 p Succeeded",
    ]
    assert [row.retry_attempt for row in rig.of("A")] == [None, 1, 2]
    assert len({row.activity_run_id for row in rig.of("A")}) == 3
    assert run.status == "Succeeded"


def test_when_all_attempts_fail_the_last_error_counts(rig: Any, activity: Any) -> None:
    run = rig.run([activity("A", policy={"retry": 1})], {"A": "fail"})
    assert len(rig.started) == 2
    assert rig.events[-3:] == ["30 A InProgress", "30 A Failed", "30 p Failed"]
    assert run.message == "Operation on target A failed: A broke"


def test_without_policy_there_is_one_attempt(rig: Any, activity: Any) -> None:
    rig.run([activity("A")], {"A": "fail"})
    assert len(rig.started) == 1


def test_the_timeout_stops_the_attempt(rig: Any, activity: Any) -> None:
    run = rig.run([activity("A", policy={"timeout": "0.00:10:00"})], {"A": "hang"})
    assert rig.events[-2:] == ["600 A TimedOut", "600 p Failed"]
    assert rig.of("A")[0].error["errorCode"] == "ActionTimedOut"
    assert run.status == "Failed"


def test_twelve_hours_unless_said(rig: Any, activity: Any) -> None:
    rig.run([activity("A")], {"A": "hang"})
    assert rig.events[-2] == "43200 A TimedOut"


def test_a_timed_out_attempt_is_retried_with_its_full_time(rig: Any, activity: Any) -> None:
    policy = {"timeout": "0.00:10:00", "retry": 1, "retryIntervalInSeconds": 30}
    rig.run([activity("A", policy=policy)], {"A": ["hang", "ok 500"]})
    assert rig.events[-3:] == ["630 A InProgress", "1130 A Succeeded", "1130 p Succeeded"]


def test_a_timed_out_activity_counts_as_failed(rig: Any, activity: Any) -> None:
    activities = [activity("A", policy={"timeout": "0.00:10:00"}), activity("Handler", after="A:Failed")]
    assert rig.run(activities, {"A": "hang"}).status == "Succeeded"


def test_policies_may_hold_expressions(rig: Any, activity: Any) -> None:
    pipelines = {
        "p": {
            "activities": [activity("A", policy={"retry": "@pipeline().parameters.n"})],
            "parameters": {"n": {"type": "Int", "defaultValue": 3}},
        }
    }
    rig.run(pipelines, {"A": "fail"})
    assert len(rig.started) == 4


@pytest.mark.parametrize("policy", [{"timeout": "soon"}, {"retry": "often"}, {"retry": -1}])
def test_a_wrong_policy_fails_the_activity(rig: Any, activity: Any, policy: Any) -> None:
    assert rig.run([activity("A", policy=policy)]).status == "Failed"
    assert "policy of the activity is not valid" in rig.error("A")
    assert not rig.started


def test_secured_input_and_output_are_hidden_in_the_records_only(rig: Any, activity: Any) -> None:
    rig.outputs["A"] = {"token": "t0p"}
    secured = activity("A", policy={"secureInput": True, "secureOutput": True}, url="s3cret")
    rig.run([secured, activity("B", after="A", url="@activity('A').output.token")])
    [row] = rig.of("A")
    assert "s3cret" not in str(row.to_json())
    assert "t0p" not in str(row.to_json())
    assert rig.started[0].type_properties == {"url": "s3cret"}
    assert rig.started[1].type_properties == {"url": "t0p"}


def test_secure_strings_never_show(rig: Any, activity: Any) -> None:
    rig.run([activity("A", headers={"key": {"type": "SecureString", "value": "s3cret"}})])
    assert "s3cret" not in str(rig.of("A")[0].to_json())
    assert rig.started[0].type_properties["headers"]["key"]["value"] == "s3cret"


def test_secure_parameters_show_in_no_record(rig: Any, activity: Any) -> None:
    pipelines = {
        "p": {
            "activities": [
                activity("A", url="https://x?key=@{pipeline().parameters.s}"),
                activity("F", "Fail", "A", message="@pipeline().parameters.s", errorCode="1"),
            ],
            "parameters": {"s": {"type": "SecureString"}},
        }
    }
    rig.outputs["A"] = {"echo": ["s3cret"]}
    run = rig.run(pipelines, parameters={"s": "s3cret"})
    assert rig.started[0].type_properties == {"url": "https://x?key=s3cret"}
    assert run.status == "Failed"
    assert "s3cret" not in str([run.to_json(), *(row.to_json() for row in rig.records)])


def test_user_properties_are_evaluated(rig: Any, activity: Any) -> None:
    written = activity("A") | {"userProperties": [{"name": "run", "value": "@pipeline().RunId"}]}
    run = rig.run([written])
    assert rig.of("A")[0].user_properties == {"run": run.run_id}


def test_references_are_evaluated_in_their_parameters_only(rig: Any, activity: Any) -> None:
    written = activity("A") | {
        "linkedServiceName": {
            "referenceName": "x",
            "type": "LinkedServiceReference",
            "parameters": {"c": "@pipeline().Pipeline"},
        },
        "inputs": [{"referenceName": "in", "type": "DatasetReference", "parameters": {"f": "@pipeline().Pipeline"}}],
    }
    rig.run([written])
    assert rig.started[0].linked_service["referenceName"] == "x"
    assert rig.started[0].linked_service["parameters"] == {"c": "p"}
    assert rig.started[0].inputs[0]["parameters"] == {"f": "p"}
    assert rig.of("A")[0].linked_service_name == "x"


def test_an_input_that_cannot_be_evaluated_fails_without_an_attempt(rig: Any, activity: Any) -> None:
    run = rig.run([activity("A", policy={"retry": 3}, url="@pipeline().parameters.missing")])
    assert run.status == "Failed"
    assert not rig.started
    error = rig.of("A")[0].error
    assert (error["errorCode"], error["failureType"], error["target"]) == ("InvalidTemplate", "UserError", "A")
    assert "property 'missing' doesn't exist" in error["message"]
