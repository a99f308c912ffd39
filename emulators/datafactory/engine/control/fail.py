"""Fail: ends in error with the message and code it was given, or says which of them it could not read.

The fallback sentences are documented word for word.
"""

from typing import Any

from emulators.datafactory.engine.control.single import Immediate
from emulators.datafactory.engine.errors import ActivityError

NOT_A_STRING = "ErrorCodeNotString"


class Fail(Immediate):
    def start(self) -> None:
        properties = self.step.evaluate(dict(self.step.definition.type_properties))
        self.step.begin(properties)
        code = properties.get("errorCode")
        self.step.fail(
            ActivityError(
                code=code if isinstance(code, str) and code.strip() else NOT_A_STRING,
                message=_message(self.step.definition.name, properties),
            )
        )


def _message(name: str, properties: dict[str, Any]) -> str:
    if "message" not in properties:
        return "Fail message wasn't provided"
    message = properties["message"]
    if message is None or (isinstance(message, str) and not message.strip()):
        return f"Failed to interpret {name} fail message or error code"
    return message if isinstance(message, str) else f"{name} fail message parameter couldn't be interpreted as a string"
