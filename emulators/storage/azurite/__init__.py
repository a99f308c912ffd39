"""The real Azurite, run either as a container or as a process of this machine's Node.

Which of the two is decided once, at start (`choice.py`); what comes out of it is the same: an address that only
the front door uses, and a sentence that says which one runs.
"""

from emulators.storage.azurite.choice import AzuriteKind, choose_kind, docker_answers
from emulators.storage.azurite.command import WayOut
from emulators.storage.azurite.launch import Azurite, start_azurite

__all__ = ["Azurite", "AzuriteKind", "WayOut", "choose_kind", "docker_answers", "start_azurite"]
