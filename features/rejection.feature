Feature: Nothing that arrives is lost, and nothing unfit is trained on
  A file that cannot be used is turned away with a reason that its sender understands. A single record that cannot be
  used does not spoil the file: it is set aside with its reason. Every record that came in can be accounted for.

  Scenario Outline: A file that cannot be used is turned away
    Given a file <that is unfit>
    When the file arrives
    Then the file is turned away because <of a reason>
    And the file is set aside as it came
    And no model is trained

    Examples:
      | that is unfit                        | of a reason                          |
      | without the column that tells claims | its column "target" is missing       |
      | that is empty                        | it is empty                          |
      | with column names but no records     | it has no records                    |
      | with semicolons between the fields   | its fields are not separated by commas |

  Scenario Outline: One unfit record among good ones is set aside
    Given a file with 300 driver records
    And one more record <that is unfit>
    When the file arrives
    Then the file is accepted
    And one record is set aside because <of a reason>
    And every other record is kept, either for training or for testing
    And one model is trained, on exactly these training records

    Examples:
      | that is unfit                     | of a reason                       |
      | with a field too many             | it has 60 fields instead of 59    |
      | with a field too few              | it has 58 fields instead of 59    |
      | with a letter in place of a number | a field is not a number           |
      | with a byte that is no text       | it is not valid UTF-8 text        |
