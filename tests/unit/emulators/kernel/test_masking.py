"""No secret reaches a log record's text, its arguments or its traceback."""

import io
import logging

from emulators.kernel.masking import MASK, Masker, MaskingFilter, masker


def test_longer_secrets_are_blanked_before_their_parts() -> None:
    known = Masker()
    known.add("password", "password-of-the-year")
    assert known.mask("it is password-of-the-year, not password") == f"it is {MASK}, not {MASK}"


def test_very_short_values_are_left_alone() -> None:
    known = Masker()
    known.add("", "a", "the")
    assert known.mask("the answer") == "the answer"


def test_a_log_record_is_masked_whole() -> None:
    masker.add("s3cr3t-of-this-test")
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.addFilter(MaskingFilter())
    logger = logging.getLogger("drydock.test_masking")
    logger.propagate = False
    logger.addHandler(handler)
    try:
        raise ValueError("s3cr3t-of-this-test was refused")
    except ValueError:
        logger.exception("with %s", "s3cr3t-of-this-test")
    assert "s3cr3t-of-this-test" not in text.getvalue()
    assert text.getvalue().count(MASK) >= 2
