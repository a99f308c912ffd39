"""The local cloud's log files: one per cloud, secrets blanked, bounded in size."""

import contextlib
import logging
import logging.handlers
from collections.abc import Iterator
from pathlib import Path

from emulators.kernel.masking import MaskingFilter

_LIMIT_BYTES = 10 * 1024 * 1024


@contextlib.contextmanager
def log_to(folder: Path) -> Iterator[None]:
    """Write the emulators' log records to `<folder>/drydock.log` while the block runs."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handler = logging.handlers.RotatingFileHandler(
        folder / "drydock.log", maxBytes=_LIMIT_BYTES, backupCount=3, encoding="utf-8", delay=True
    )
    handler.addFilter(MaskingFilter())
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    loggers = [logging.getLogger(name) for name in ("drydock", "emulators", "uvicorn.error")]
    for logger in loggers:
        logger.addHandler(handler)
    logging.getLogger("drydock").setLevel(logging.INFO)
    logging.getLogger("emulators").setLevel(logging.INFO)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
        handler.close()
