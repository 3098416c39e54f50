"""Floor 6: the page of a trace: the template, filled."""

import json
import re
from html import escape
from importlib.resources import files

from tinynn.explain.formulas import formula
from tinynn.explain.page.graph import Graph
from tinynn.explain.page.story import Story, call, slope_name
from tinynn.explain.page.words import content, label, say
from tinynn.explain.words import LANGUAGES, language

SCRIPTS = ("say.js", "tables.js", "panel.js", "work.js", "guess.js", "graph.js", "page.js")


def page(trace, *, title=None, lang=None, checks=()):
    """A trace as one HTML file that shows it step by step, forward and back; it needs no network.

    Args:
        trace: the Trace.
        title: the heading; "The gradient of <target>" by default.
        lang: "en" or "ko", the language that the page starts in; None for what TINYNN_LANG says.
        checks: what central differences found, objects with `node` (a Node), `place` (a tuple), `gradient` and
            `measured` (floats) and `agrees` (a bool).

    Returns:
        The text of the file.
    """
    lang, checks = language(lang), list(checks)
    story = Story(trace, checks)
    graph = Graph(story, lang)
    told = story.json()
    heading = f">{escape(title or '')}"
    if title is None:
        title = say(lang, "The gradient of {name}", name=trace.target.name)
        heading = content(lang, "The gradient of {name}", name=trace.target.name)
    parts = {
        "lang": lang, "title": escape(title), "heading": heading, "graph": graph.svg,
        "lead": content(lang, "Forward: {forward} steps. Backward: {backward}. Sources: {sources}.",
                        forward=told["forward"], backward=told["backward"],
                        sources=", ".join(node.name for node in trace.sources) or "-"),
        "kinds": _kinds(lang, told), "badges": _badges(lang, checks), "notes": _notes(lang, story, graph),
        "lists": _lists(lang, story), "story": _inlined({**told, "korean": say.korean}),
        "css": _read("page.css"), "js": "\n".join(map(_read, SCRIPTS)),
    }
    return _filled(_read("template.html"), lang, parts)


def framed(html, height=900):
    """A page inside another one, as in a notebook: an `iframe` that holds it."""
    return (f'<iframe srcdoc="{escape(html)}" style="width: 100%; height: {height}px; border: 0" '
            f'sandbox="allow-scripts"></iframe>')


def _read(name):
    return (files(__package__) / name).read_text(encoding="utf-8")


def _inlined(story):
    """JSON that may stand in a script element: no "<" in it can end the element or begin a comment."""
    text = json.dumps(story, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _filled(template, lang, parts):
    """The template with {{name}} replaced by a part, {{say:...}} and {{label:...}} by words; parts stay as they are."""
    def part(match):
        kind, colon, text = match[1].partition(":")
        if colon and kind == "say":
            return content(lang, text)[1:]
        return label(lang, text) if colon and kind == "label" else parts[match[1]]

    return re.sub(r"\{\{(.*?)\}\}", part, template)


def _kinds(lang, told):
    """The legend of the leaves that there are."""
    made = {number for step in told["steps"] for number in step["outputs"]}
    kinds = {node["kind"] for number, node in enumerate(told["nodes"]) if number not in made}
    return "\n".join(f'<li><i aria-hidden="true" class="key leaf {kind}"></i><span{content(lang, kind)}</span></li>'
                     for kind in ("variable", "input", "constant") if kind in kinds)


def _badges(lang, checks):
    said = {True: ("good", "✓", "gradient checked by central differences"),
            False: ("poor", "✗", "differs from central differences")}
    found = [said[good] for good in said if any(bool(check.agrees) == good for check in checks)]
    return "\n".join(f'<li><i aria-hidden="true" class="key badge {style}">{sign}</i><span{content(lang, words)}</span>'
                     "</li>" for style, sign, words in found)


def _notes(lang, story, graph):
    """What the page leaves out, in sentences."""
    notes = []
    if story.omitted:
        notes.append(content(lang, "{count} of the {all} steps are left out, in the middle; their numbers are not in "
                                   "this page.", count=len(story.omitted), all=len(story.trace.steps)))
    if story.cut():
        notes.append(content(lang, "Large arrays are summarised: their first rows and columns, and figures of all "
                                   "entries."))
    if graph.again:
        notes.append(content(lang, "Drawn anew beside each op that reads it: {names}.", names=", ".join(graph.again)))
    return "\n".join(f'<p class="note"{note}</p>' for note in notes)


def _lists(lang, story):
    """Every step as a line, forward and back; the script makes buttons of them."""
    lines = {"forward": [], "backward": []}
    for number, moment in enumerate(story.moments):
        if moment["way"] not in lines:
            continue
        step = story.steps[moment["step"]]
        if moment["way"] == "forward":
            code, formulas = call(step), [step.op.formula]
        else:
            code = f"{step.op.name}: " + ", ".join(slope_name(story.trace, pull.node) for pull in story.pulls[id(step)])
            formulas = [pull.rule.formula for pull in story.pulls[id(step)]]
        said = {code: escape(" · ".join(dict.fromkeys(formula(code, text) for text in formulas))) for code in LANGUAGES}
        both = "".join(f' data-{code}="{text}"' for code, text in said.items())
        lines[moment["way"]].append(f'<li value="{moment["number"]}" data-moment="{number}"><code>{escape(code)}</code>'
                                    f' <span class="formula"{both}>{said[lang]}</span></li>')
    return "\n".join(f'<div><h3{content(lang, way.capitalize())}</h3>\n<ol>\n' + "\n".join(items) + "\n</ol></div>"
                     for way, items in lines.items())
