"""Text as .NET sees it: a row of UTF-16 code units, and letters whose case changes one for one."""

WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006"
    "\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""What .NET counts as white space."""


def units(text: str) -> int:
    """The length of a text in UTF-16 code units."""
    if text.isascii():
        return len(text)
    return len(text) + sum(character > "\uffff" for character in text)


def section(text: str, start: int, end: int) -> str:
    """The code units from `start` up to `end`; half of a surrogate pair comes out as a lone surrogate."""
    if text.isascii() or units(text) == len(text):
        return text[start:end]
    encoded = text.encode("utf-16-le", "surrogatepass")
    return encoded[2 * start : 2 * max(start, end)].decode("utf-16-le", "surrogatepass")


def upper(text: str) -> str:
    """Upper case of every letter that has a single one, in the invariant culture."""
    return text.upper() if text.isascii() else "".join(map(_upper, text))


def lower(text: str) -> str:
    """Lower case of every letter that has a single one, in the invariant culture."""
    return text.lower() if text.isascii() else "".join(map(_lower, text))


def _upper(character: str) -> str:
    if character == "\u0131":  # the dotless i has no upper case in the invariant culture (observed)
        return character
    changed = character.upper()
    return changed if len(changed) == 1 else character


def _lower(character: str) -> str:
    changed = character.lower()
    return changed if len(changed) == 1 else character
