"""The support table of the local Data Factory for people, area by area, or as JSON."""

import itertools
import json
from dataclasses import asdict

from rich.console import Console
from rich.markup import escape

from emulators.datafactory.support import support_table
from release.errors import ReleaseError


def show_support(area: str | None, console: Console, *, as_json: bool) -> None:
    """Print the rows of one area, or all. Raises ReleaseError for an area that there is not."""
    rows = support_table()
    areas = list(dict.fromkeys(row.area for row in rows))
    if area is not None and area not in areas:
        raise ReleaseError(f"'{area}' is no area of the support table; there are: {', '.join(areas)}")
    chosen = [row for row in rows if area in (None, row.area)]
    if as_json:
        print(json.dumps([asdict(row) for row in chosen], indent=2, ensure_ascii=False))
        return
    for name, of_area in itertools.groupby(chosen, key=lambda row: row.area):
        console.print(f"[bold]{name}[/bold]")
        for row in of_area:
            how = f"[red]{row.how}[/red]" if row.how == "refused" else f"[green]{escape(row.how)}[/green]"
            console.print(f"  {escape(row.name)}  {how}")
            if row.idea:
                console.print(f"      {escape(row.idea)}")
            console.print(f"      [dim]{escape(row.witness)}[/dim]")
