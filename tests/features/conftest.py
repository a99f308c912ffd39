"""The step definitions of the features; the cloud they work on comes from Drydock's pytest plugin."""

from steps.arrival import *  # noqa: F403
from steps.rejection import *  # noqa: F403
