Feature: A file that arrives trains the claims model
  Files of driver records arrive at any time. Each is prepared and trained on without anyone's help,
  so that the model always knows the latest claims and everybody can tell which data trained it.

  Scenario: A good file becomes a trained model
    Given a file with 2000 driver records
    When the file arrives
    Then the file is accepted
    And every record is kept, either for training or for testing
    And four fifths of the records are for training
    And claims are as frequent among the training records as among the testing records
    And the kept records have exactly the columns of the file
    And one model is trained, on exactly these training records
    And the quality of the model is known

  Scenario Outline: A file is known by the name it came with
    Given a file with 300 driver records
    And the file is called "<name>"
    When the file arrives
    Then the file is accepted
    And one model is trained, on exactly these training records

    Examples:
      | name                    |
      | drivers in spring.csv   |
      | north+south.csv         |
      | 100% complete.csv       |
      | Fahrer aus München.csv  |

  Scenario: A file that arrives a second time does not train a second model
    Given a file with 300 driver records
    And the file has arrived and been accepted
    When the same file arrives again
    Then the file is recognised as already known
    And no model is trained

  Scenario: Two files that arrive together train a model each
    Given a file with 300 driver records
    And another file with 400 driver records
    When both files arrive at the same time
    Then both files are accepted
    And each file trains a model on exactly its own training records
