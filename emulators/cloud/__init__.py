"""The local cloud as a whole: every emulated service, wired to the others by address, in one process.

This is the only room that knows several services. It holds no behaviour of any of them: settings in, addresses out.
"""

from emulators.cloud.local import LocalCloud
from emulators.cloud.settings import CloudSettings

__all__ = ["CloudSettings", "LocalCloud"]
