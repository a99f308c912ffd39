"""Sentences about files that arrive and what is made of them."""

import pytest
from pytest_bdd import given, parsers, then, when

from steps.cloud import Cloud
from steps.expectations import (
    assert_accepted,
    assert_every_record_kept,
    assert_same_columns,
    assert_similar_share_of_claims,
    assert_trained_on_own_records,
    assert_training_share,
    kept,
)
from steps.ingestion import training
from steps.story import DriverRecords, File, Story


@pytest.fixture
def story(cloud: Cloud) -> Story:
    """The scenario's memory."""
    return Story(cloud)


@given(parsers.parse("a file with {count:d} driver records"))
@given(parsers.parse("another file with {count:d} driver records"))
def a_file(story: Story, driver_records: DriverRecords, count: int) -> None:
    number = len(story.files)
    story.files.append(File(f"drivers-{number + 1}.csv", driver_records(count, story.seed + number)))


@given(parsers.parse('the file is called "{name}"'))
def the_file_is_called(story: Story, name: str) -> None:
    story.file.name = name


@given("the file has arrived and been accepted")
def has_arrived_and_been_accepted(story: Story) -> None:
    story.arrive(story.file)
    assert_accepted(story.outcome())


@when("the file arrives")
@when("the same file arrives again")
def the_file_arrives(story: Story) -> None:
    story.arrive(story.file)


@when("both files arrive at the same time")
def both_files_arrive(story: Story) -> None:
    story.arrive(*story.files)


@then("the file is accepted")
def the_file_is_accepted(story: Story) -> None:
    assert_accepted(story.outcome())


@then("both files are accepted")
def both_files_are_accepted(story: Story) -> None:
    for file in story.files:
        assert_accepted(story.outcome(file))


@then("every record is kept, either for training or for testing")
@then("every other record is kept, either for training or for testing")
def every_record_is_kept(story: Story) -> None:
    assert_every_record_kept(kept(story.cloud, story.outcome()), story.file)


@then("four fifths of the records are for training")
def four_fifths_for_training(story: Story) -> None:
    assert_training_share(kept(story.cloud, story.outcome()), 0.8)


@then("claims are as frequent among the training records as among the testing records")
def claims_as_frequent(story: Story) -> None:
    assert_similar_share_of_claims(kept(story.cloud, story.outcome()))


@then("the kept records have exactly the columns of the file")
def exactly_the_columns(story: Story) -> None:
    assert_same_columns(kept(story.cloud, story.outcome()), story.file)


@then("one model is trained, on exactly these training records")
def trained_on_exactly_these(story: Story) -> None:
    assert_trained_on_own_records(story.cloud, story.outcome())


@then("each file trains a model on exactly its own training records")
def each_trains_its_own(story: Story) -> None:
    for file in story.files:
        assert_trained_on_own_records(story.cloud, story.outcome(file))


@then("the quality of the model is known")
def quality_is_known(story: Story) -> None:
    quality = training(story.cloud, story.outcome()).metrics["auc"]
    assert 0.5 < quality <= 1.0, f"a model that is better than a guess is expected, its AUC is {quality}"


@then("the file is recognised as already known")
def already_known(story: Story) -> None:
    verdict = story.outcome().verdict
    assert verdict["status"] == "duplicate", story.outcome().explain()


@then("no model is trained")
def no_model_is_trained(story: Story) -> None:
    outcome = story.outcome()
    assert outcome.training_run_id is None, outcome.explain()
