"""What is known of a report beside its text: `reports.toml` in its folder, else what its first page prints."""

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rag.errors import ReportError
from rag.records import Language, Report
from rag.reports.layout import SYMBOL_LINE

FIRST_LINES = 20  # not blank; within them a report prints its own symbol and date
MASTHEAD = re.compile(r"(?:United Nations|联 ?合 ?国|聯 ?合 ?國)\s{1,200}(\S{1,80})")  # "United Nations   A/79/123"
YEAR = re.compile(r"(?<!\d)(19[4-9]\d|20\d\d)(?!\d)")
DATE_LINE = re.compile(
    r"[^。.]{0,20}?(?:\d{1,2} [A-Z][a-z]{2,8} \d{4}|\d{4} ?年 ?\d{1,2} ?月 ?\d{1,2} ?日)[^。.]{0,14}"
)


def known_reports(folder: Path) -> Mapping[str, Mapping[str, Any]]:
    """File name → what `reports.toml` states of it; empty where a folder has none."""
    path = folder / "reports.toml"
    if not path.exists():
        return {}
    try:
        known = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _problem(path, f"is not valid TOML ({error})") from error
    for file, facts in known.items():
        if not isinstance(facts, dict):
            raise _problem(path, f'states {file} outside a table; a report\'s facts stand under ["<file name>"]')
        if not isinstance(facts.get("year", 0), int):
            raise _problem(path, f"states the year {facts['year']!r} for {file}, not a whole number")
    return known


def describe(file: str, text: str, language: Language, sha256: str, known: Mapping[str, Any]) -> Report:
    """The Report for a file's text, from what is known of it, else what it prints."""
    symbol = known.get("symbol") or (None if known else printed_symbol(text))
    year = known.get("year") or _printed_year(symbol, text)
    period, meant = known.get("period", ""), known.get("period_meant", "")
    return Report(
        id=symbol or Path(file).stem,
        file=file,
        language=language,
        text=text,
        sha256=sha256,
        symbol=symbol,
        titles={lang: known[f"title_{lang}"] for lang in ("zh", "en") if f"title_{lang}" in known},
        short_title=known.get("short_title", ""),
        body=known.get("body", ""),
        session=known.get("session", ""),
        date=known.get("date", str(year) if year else ""),
        years=_years(year, meant or period),
        period=period,
        period_meant=meant,
        aliases=tuple(known.get("aliases", ())),
        links={lang: f"https://undocs.org/{lang}/{symbol}" for lang in ("zh", "en")} if symbol else {},
        known_from=dict(known.get("from", {})),
    )


def printed_symbol(text: str) -> str | None:
    """The report's own symbol: alone or in the masthead on one of its first lines, else alone again and again."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    lines[:FIRST_LINES] = [
        masthead[1] if (masthead := MASTHEAD.fullmatch(line)) else line for line in lines[:FIRST_LINES]
    ]
    alone = [line for line in lines if SYMBOL_LINE.fullmatch(line) and any(map(str.isdigit, line))]
    on_first_page = [line for line in lines[:FIRST_LINES] if line in alone]
    repeated = [symbol for symbol, times in Counter(alone).items() if times > 1]
    return next(iter([*on_first_page, *repeated]), None)


def _printed_year(symbol: str | None, text: str) -> int | None:
    """The year in a report's symbol, else that of the date among its first lines; None rather than a guess."""
    lines = [line.strip() for line in text.splitlines() if line.strip()][:FIRST_LINES]
    dates = [line for line in lines if DATE_LINE.fullmatch(line)]
    found = (YEAR.search(place) for place in (symbol or "", *dates))
    return next((int(year[1]) for year in found if year), None)


def _years(year: int | None, period: str) -> tuple[int, ...]:
    """The report's own year and those its period covers, in order."""
    covered = [int(found) for found in YEAR.findall(period)]
    whole = set(range(min(covered), max(covered) + 1)) if covered else set()
    return tuple(sorted(whole | ({year} if year else set())))


def _problem(path: Path, wrong: str) -> ReportError:
    return ReportError(f"{path} {wrong}. Mend it or move it away, then run: rapporteur build")
