"""Floor 7: what stands in the way of training, each with its evidence, and lists of it as text."""

from html import escape
from typing import NamedTuple

from tinynn.explain.text import WIDTH, cut, fold
from tinynn.explain.words import Words

SEVERITIES = ("error", "warning")   # nothing is learnt, or less than could be

say = Words({
    "error": "오류",
    "warning": "경고",
    "evidence": "증거",
    "remedy": "처방",
})


class Finding(NamedTuple):
    """One thing that stands in the way.

    Attributes:
        code: its name in docs/doctor.md.
        severity: "error" where nothing is learnt because of it, "warning" where less is learnt than could be.
        what: a sentence.
        evidence: the numbers that it is seen by.
        remedy: what to write instead.
        where: the layer, weight or setting; "" for the whole.
    """

    code: str
    severity: str
    what: str
    evidence: str
    remedy: str
    where: str = ""

    def lines(self, lang, number):
        """The finding as lines of at most 100 columns, with its number in a list."""
        where = f" ({self.where})" if self.where else ""
        head = f"{number}. {say(lang, self.severity)} {self.code}{where}: {self.what}"
        parts = [f"{say(lang, what)}: {text}" for what, text in
                 (("evidence", self.evidence), ("remedy", self.remedy))]
        lines = [*fold(head, indent="   "), *(f"   {line}" for part in parts for line in fold(part, WIDTH - 3, "  "))]
        return [cut(line, WIDTH) for line in lines]     # a long name does not break


def listed(findings, lang):
    """Findings as lines, numbered."""
    return [line for number, finding in enumerate(findings, 1) for line in finding.lines(lang, number)]


def listed_in_html(findings, lang):
    """Findings as an ordered list in HTML."""
    items = [f"<li><b>{say(lang, f.severity)} <code>{escape(f.code)}</code></b> {escape(f.where)}: {escape(f.what)}"
             f"<br>{say(lang, 'evidence')}: {escape(f.evidence)}<br>{say(lang, 'remedy')}: {escape(f.remedy)}</li>"
             for f in findings]
    return f"<ol>{''.join(items)}</ol>" if items else ""
