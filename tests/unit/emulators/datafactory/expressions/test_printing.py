"""Printing is the other half of parsing."""

import pytest

from emulators.datafactory.expressions.parser import parse
from emulators.datafactory.expressions.printing import print_expression


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("concat( 'a' ,1 , true)", "concat('a', 1, true)"),
        ("NULL", "null"),
        ("'it''s'", "'it''s'"),
        ("1e3", "1000.0"),
        ("1e400", "1e999"),
        ("-1E400", "-1e999"),
        ("pipeline ( ) . parameters ?. n [ 0 ] ?[ 'x' ]", "pipeline().parameters?.n[0]?['x']"),
        ("f(g(h()))", "f(g(h()))"),
    ],
)
def test_printed(text: str, printed: str) -> None:
    assert print_expression(parse(text)) == printed
