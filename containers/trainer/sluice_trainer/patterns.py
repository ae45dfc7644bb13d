"""
Patterns of recipes. They are in RE2's syntax, where `.` takes line breaks too. With `google-re2` installed that engine
reads them; else Python's does, translated, and what it would read differently is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_CLASSES = {"s": r"[\t\n\f\r ]", "S": r"[^\t\n\f\r ]", "z": r"\Z", "a": r"\x07"}
_INSIDE = {"s": r"\t\n\f\r ", "a": r"\x07"}
_SAME = set("dDwWbBAtnrfv")
_HEXADECIMAL = re.compile(r"\\x(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{2}))")
_LEADING_FLAGS = re.compile(r"\(\?([is]+)\)")
_ALLOWED_GROUPS = re.compile(r"\(\?(?::|[is]+:|P<[A-Za-z_]\w*>|<[A-Za-z_]\w*>)")


@dataclass(frozen=True)
class Pattern:
    matches_all: Callable[[str], bool]
    last_answer: Callable[[str], str | None]
    """What group 1, else the whole match, holds at the last occurrence, trimmed, white space folded."""


def compile_pattern(source: str) -> Pattern:
    """ValueError when the pattern is wrong, or when only RE2 reads it as it is meant."""
    compiled = _compile(source)

    def last_answer(text: str) -> str | None:
        last = None
        for match in compiled.finditer(text):
            group = match.group(1) if match.re.groups else None
            last = match.group(0) if group is None else group
        return None if last is None else fold_space(last)

    return Pattern(lambda text: compiled.fullmatch(text) is not None, last_answer)


def fold_space(text: str) -> str:
    """Trimmed, each run of white space one space: how answers are compared."""
    return " ".join(text.split())


def _compile(source: str) -> re.Pattern[str]:
    try:
        import re2
    except ImportError:
        try:
            return re.compile(translate(source), re.DOTALL | re.ASCII)
        except re.error as error:
            raise ValueError(f"the pattern {source!r} cannot be read: {error}") from error
    options = re2.Options()
    options.dot_nl = True
    options.log_errors = False
    try:
        return re2.compile(source, options)
    except re2.error as error:
        raise ValueError(f"the pattern {source!r} cannot be read: {error}") from error


def translate(source: str) -> str:
    """
    The pattern for Python's engine. Translated: `$` is the very end, `\\s` has no vertical tab, `\\z`,
    `\\Q...\\E`, `\\x{...}`, `(?<name>`. Refused: `\\p`, `\\C`, POSIX classes, flags but leading `i` and `s`.
    Not seen: with `i` RE2 also takes the long s and the Kelvin sign for letters of ASCII.
    """
    out: list[str] = []
    at = 0
    inside = False
    if leading := _LEADING_FLAGS.match(source):
        out.append(leading[0])
        at = leading.end()
    while at < len(source):
        letter = source[at]
        if letter == "\\":
            text, at = _escape(source, at, inside)
        elif inside:
            text, at, inside = _in_class(source, at)
        elif letter == "[":
            text, at = _open_class(source, at)
            inside = True
        elif letter == "(" and source.startswith("(?", at):
            text, at = _group(source, at)
        else:
            text, at = (r"\Z" if letter == "$" else letter), at + 1
        out.append(text)
    return "".join(out)


def _escape(source: str, at: int, inside: bool) -> tuple[str, int]:
    letter = source[at + 1 : at + 2]
    if letter == "Q":
        end = source.find(r"\E", at)
        return re.escape(source[at + 2 : end if end >= 0 else len(source)]), (end + 2 if end >= 0 else len(source))
    if match := _HEXADECIMAL.match(source, at):
        return re.escape(chr(int(match[1] or match[2], 16))), match.end()
    if inside and letter == "S":
        raise _refused(source, r"\S inside a class")
    replaced = (_INSIDE if inside else _CLASSES).get(letter)
    if replaced is not None:
        return replaced, at + 2
    if letter in _SAME or (letter and not letter.isalnum()):
        return f"\\{letter}", at + 2
    raise _refused(source, f"\\{letter}")


def _open_class(source: str, at: int) -> tuple[str, int]:
    head = re.compile(r"\[\^?\]?").match(source, at)
    assert head is not None
    return head[0].replace("]", r"\]"), head.end()


def _in_class(source: str, at: int) -> tuple[str, int, bool]:
    letter = source[at]
    if source.startswith("[:", at):
        raise _refused(source, "a POSIX class")
    # Python warns of a bare bracket, and of doubled signs that may become set operations.
    return (f"\\{letter}" if letter in "[&~|" else letter), at + 1, letter != "]"


def _group(source: str, at: int) -> tuple[str, int]:
    match = _ALLOWED_GROUPS.match(source, at)
    if match is None:
        raise _refused(source, source[at : at + 5])
    return match[0].replace("(?<", "(?P<"), match.end()


def _refused(source: str, what: str) -> ValueError:
    return ValueError(f"the pattern {source!r} has {what}, which Python's engine reads otherwise: install google-re2")
