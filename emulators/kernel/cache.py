"""Where downloads are kept that outlive a cloud: Azurite's package, Spark's jars."""

import os
from pathlib import Path

from platformdirs import user_cache_path

CACHE_VARIABLE = "DRYDOCK_CACHE"


def cache_folder() -> Path:
    """The folder that DRYDOCK_CACHE names, else `drydock` in the user's cache folder. It need not exist yet."""
    named = os.environ.get(CACHE_VARIABLE)
    return Path(named) if named else user_cache_path("drydock")
