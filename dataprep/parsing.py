"""From a file's lines to rows: which file can be read at all, which lines are sound rows, and why the others are not.

The header decides about the file, in plain Python. For the lines one regular expression says whether a line
is a sound row: that is one look at each line and no taking apart, so a sound line is passed on as it came,
with every digit as the insurer wrote it. Only lines that fail are taken apart, to name the first field at
fault. Columns may come in any order, since they are found by their names; outputs have the contract's order.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the customary name

from dataprep.schema import COLUMNS, DDL, DECIMAL, ROW_PATTERN, TARGET, kind_of, whole

HEAD_SIZE = 65_536
"""How many bytes of a file are looked at for its header."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}
_BLANKS = " \t"
_SHOWN = 40  # characters of a wrong value that a reason repeats


class FileRejected(Exception):
    """A file that cannot be prepared at all; `reason` is a sentence for the people who sent it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Header:
    """The columns of one file, in the file's order; exactly the contract's 59, however ordered."""

    columns: tuple[str, ...]

    @classmethod
    def read(cls, head: bytes) -> "Header":
        """The header from a file's first HEAD_SIZE bytes (all of them, if it has fewer).

        FileRejected says what is wrong: no content, no text, no header, another delimiter, or other columns.
        """
        names = _names(_first_line(head))
        _demand_once(names)
        _demand_contract(names)
        return cls(tuple(names))

    @property
    def is_in_order(self) -> bool:
        """Whether the file has the contract's order, so that its lines need no rearranging."""
        return self.columns == COLUMNS


def _first_line(head: bytes) -> str:
    if not head:
        raise FileRejected("The file cannot be used: it is empty.")
    lines = head.removeprefix(_BYTE_ORDER_MARK).splitlines()
    if len(lines) < 2 and len(head) >= HEAD_SIZE:
        raise FileRejected(
            f"The file cannot be used: its first line is longer than {HEAD_SIZE} bytes, so it is no header."
        )
    try:
        line = lines[0].decode("utf-8") if lines else ""
    except UnicodeDecodeError as error:
        raise FileRejected(
            f"The file cannot be used: its header is not valid UTF-8 text (byte {error.start + 1})."
        ) from None
    if "\0" in line:
        raise FileRejected("The file cannot be used: it is not UTF-8 text, but UTF-16 or binary data.")
    if not line.strip():
        raise FileRejected("The file cannot be used: its first line is blank, but must name the columns.")
    return line


def _names(line: str) -> list[str]:
    names = [name.strip().strip('"').strip() for name in line.split(",")]
    if set(names) & set(COLUMNS):
        return names
    for delimiter, described in _OTHER_DELIMITERS.items():
        if {name.strip(' "') for name in line.split(delimiter)} & set(COLUMNS):
            raise FileRejected(f"The file cannot be used: its fields are not separated by commas, but by {described}.")
    raise FileRejected("The file cannot be used: its first line does not name the columns.")


def _demand_once(names: list[str]) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise FileRejected(f"The file cannot be used: its header names more than once {_listed(repeated)}.")


def _demand_contract(names: list[str]) -> None:
    missing = [column for column in COLUMNS if column not in names]
    unknown = [name for name in names if name not in COLUMNS]
    if missing == [TARGET] and not unknown:
        raise FileRejected(
            f'The file cannot be used: its column "{TARGET}" is missing, so nothing can be learned from it '
            "(a file of drivers to predict for, such as the competition's test file, is no training data)."
        )
    faults = [f"{what}: {_listed(some)}" for what, some in (("missing", missing), ("unknown", unknown)) if some]
    if faults:
        raise FileRejected(f"The file cannot be used: its columns are not those agreed; {'; '.join(faults)}.")


def _listed(names: Iterable[str], most: int = 10) -> str:
    shown = [f'"{name[:_SHOWN]}"' for name in names]
    return ", ".join(shown[:most]) + (f" and {len(shown) - most} more" if len(shown) > most else "")


def to_rows(lines: DataFrame, header: Header) -> DataFrame:
    """Tagged rows from a file's lines (one string column `value`, in file order, the header first).

    One row for each line that is not blank: `position` (rises with the file), `line` (a sound row as a line in
    contract order; any other line as it came, byte for byte), `sound`, and for sound rows `id` and `target`.
    """
    numbered = lines.select(F.monotonically_increasing_id().alias("position"), "value")
    candidate = _in_contract_order(_tidied(F.col("value")), header)
    is_blank = F.trim(F.col("value"), F.lit(_BLANKS)) == ""
    tagged = (
        numbered.where((F.col("position") != 0) & ~is_blank)
        .withColumn("candidate", candidate)
        .withColumn("sound", F.col("candidate").rlike(ROW_PATTERN))
    )
    line = F.when(F.col("sound"), F.col("candidate")).otherwise(F.col("value"))
    first_two = F.substring_index("candidate", ",", 2)
    return tagged.select(
        "position",
        line.alias("line"),
        "sound",
        F.when(F.col("sound"), F.substring_index(first_two, ",", 1).cast("bigint")).alias("id"),
        F.when(F.col("sound"), F.substring_index(first_two, ",", -1).cast("int")).alias("target"),
    )


def _tidied(value: Column) -> Column:
    """The line without quotes around its fields and blanks around its commas; most lines have neither."""
    spaced = F.regexp_replace(F.trim(value, F.lit(_BLANKS)), r"[ \t]*,[ \t]*", ",")
    unquoted = F.regexp_replace(spaced, r'(^|,)"[ \t]*([^",]*?)[ \t]*"(?=,|$)', "$1$2")
    untidy = value.contains('"') | value.contains(" ") | value.contains("\t")
    return F.when(untidy, unquoted).otherwise(value)


def _in_contract_order(line: Column, header: Header) -> Column:
    if header.is_in_order:
        return line
    fields = F.split(line, ",")
    rearranged = F.concat_ws(",", *(fields[header.columns.index(column)] for column in COLUMNS))
    return F.when(F.size(fields) == len(COLUMNS), rearranged).otherwise(line)


def without_repeats(rows: DataFrame) -> DataFrame:
    """The tagged rows, where of sound rows with the same id only the first in the file stays sound."""
    by_id = rows.where("sound").groupBy("id")
    repeated = by_id.agg(F.min("position").alias("first"), F.count("*").alias("times")).where("times > 1")
    joined = rows.join(repeated.select("id", "first"), on="id", how="left")
    is_first = F.col("first").isNull() | (F.col("position") == F.col("first"))
    return joined.select("position", "line", (F.col("sound") & is_first).alias("sound"), "id", "target")


def explained(rows: DataFrame, header: Header) -> DataFrame:
    """The rows that are not sound: `position`, `reason` (a sentence without its full stop) and `line` (as it came)."""
    return rows.where(~F.col("sound")).select("position", _reason(header).alias("reason"), "line")


def _reason(header: Header) -> Column:
    fields = F.split(_tidied(F.col("line")), ",")
    repeats = F.concat(F.lit("its id occurs in an earlier row already: "), F.col("id").cast("string"))
    count = F.concat(F.lit("it has "), F.size(fields).cast("string"), F.lit(f" fields instead of {len(COLUMNS)}"))
    return F.coalesce(
        F.when(F.col("id").isNotNull(), repeats),
        F.when(~F.is_valid_utf8("line"), F.lit("it is not valid UTF-8 text")),
        F.when(F.size(fields) != len(COLUMNS), count),
        _first_fault(fields, header),
        F.lit("it is not a row of the table"),
    )


def _first_fault(fields: Column, header: Header) -> Column:
    """What is wrong with the first field at fault. A loop over arrays: 59 cases in a row are too much code for Java."""
    kinds = [kind_of(column) for column in header.columns]
    patterns = F.array(*(F.lit(whole(kind.pattern)) for kind in kinds))
    names = F.array(*(F.lit(column) for column in header.columns))
    expected = F.array(*(F.lit(kind.described) for kind in kinds))

    def fault(field: Column, place: Column) -> Column:
        value = F.concat(names[place], F.lit(" is '"), F.substring(field, 1, _SHOWN), F.lit("'"))
        empty = F.concat(F.lit("a field is empty: "), names[place], F.lit(" (missing values are written -1)"))
        no_number = F.concat(F.lit("a field is not a number: "), value)
        wrong = F.concat(F.lit("a field has a wrong value: "), value, F.lit(", not "), expected[place])
        found = F.when(field == "", empty).when(~field.rlike(whole(DECIMAL.pattern)), no_number).otherwise(wrong)
        return F.when(~F.rlike(field, patterns[place]), found)

    return F.get(F.filter(F.transform(fields, fault), lambda found: found.isNotNull()), F.lit(0))


def typed(rows: DataFrame) -> DataFrame:
    """The sound rows as the table itself: 59 columns with their types, for those who want values, not lines."""
    fields = F.split("line", ",")
    types = dict(part.split(" ") for part in DDL.split(", "))
    columns = [fields[place].cast(types[column]).alias(column) for place, column in enumerate(COLUMNS)]
    return rows.where("sound").select(*columns)
