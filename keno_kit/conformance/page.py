"""The report of a run as one HTML file that needs nothing else: light and dark, on a screen and on paper."""

from html import escape
from itertools import groupby
from typing import Any

from keno_kit.conformance.running import State

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --paper: #fff; --raised: #f6f8fa; --line: #d0d7de;
  --good: #116329; --good-bg: #dafbe1; --bad: #a40e26; --bad-bg: #ffebe9; --warn: #7d4e00; --warn-bg: #fff8c5 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9aa4af; --paper: #0d1117; --raised: #161b22;
  --line: #30363d; --good: #7ee787; --good-bg: #12261e; --bad: #ff9b94; --bad-bg: #2d1416; --warn: #e3b341;
  --warn-bg: #2a2110 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
main { max-width: 62rem; margin: 0 auto; padding: 2rem 1.25rem 4rem }
h1 { font-size: 1.6rem; margin: 0 0 .25rem } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; text-transform: capitalize }
p { margin: .25rem 0 } .soft { color: var(--soft) } code, pre { font: 12.5px/1.5 ui-monospace, monospace }
.banner { margin: 1.25rem 0; padding: .9rem 1.1rem; border-radius: 8px; font-size: 1.1rem; font-weight: 600;
  display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; justify-content: space-between; align-items: baseline }
.banner span { font-weight: 400; font-size: .95rem }
.passed { color: var(--good); background: var(--good-bg) } .failed { color: var(--bad); background: var(--bad-bg) }
.blocked { color: var(--warn); background: var(--warn-bg) }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)); gap: .6rem 1.5rem; margin: 1rem 0 }
dt { color: var(--soft); font-size: .8rem } dd { margin: 0; overflow-wrap: anywhere }
ul { list-style: none; margin: 0; padding: 0; border: 1px solid var(--line); border-radius: 8px; overflow: hidden }
li { display: grid; grid-template-columns: 6.5rem 1fr auto; gap: .25rem 1rem; padding: .6rem .9rem }
li + li { border-top: 1px solid var(--line) }
.state { justify-self: start; align-self: start; font-size: .78rem; font-weight: 600; padding: .1rem .55rem;
  border-radius: 999px; white-space: nowrap }
.name { font-weight: 600 } .ms { color: var(--soft); font-size: .8rem; white-space: nowrap }
.broken { color: var(--bad); margin-top: .35rem } .why { color: var(--warn) }
details { margin-top: .5rem } summary { cursor: pointer; color: var(--soft) }
pre { margin: .4rem 0 .9rem; padding: .7rem .85rem; background: var(--raised); border: 1px solid var(--line);
  border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere }
footer { margin-top: 2.5rem; color: var(--soft); font-size: .85rem; overflow-wrap: anywhere }
@media (max-width: 34rem) { li { grid-template-columns: 1fr auto } li > div { grid-column: 1 / -1 } }
@media print { main { max-width: none; padding: 0 } li { break-inside: avoid } }
"""
_CLASS = {State.PASSED: "passed", State.FAILED: "failed", State.BLOCKED: "blocked"}


def as_html(report: dict[str, Any]) -> str:
    """The page of a report as `report.as_json` makes it."""
    conforms = bool(report["conforms"])
    title = "The wallet conforms" if conforms else "The wallet does not conform"
    totals = ", ".join(f"{count} {state}" for state, count in report["totals"].items())
    sections = "".join(
        _section(section, list(listed))
        for section, listed in groupby(report["scenarios"], key=lambda one: one["documented_at"].partition("#")[2])
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}: {escape(report['wallet'])}</title><style>{_STYLE}</style></head><body><main>"
        f'<h1>Wallet conformance</h1><p class="soft"><code>{escape(report["wallet"])}</code></p>'
        f'<div class="banner {"passed" if conforms else "failed"}">{title}<span>{totals}</span></div>'
        f"{_facts(report)}{sections}{_footer(report)}</main></body></html>\n"
    )


def _facts(report: dict[str, Any]) -> str:
    facts = {
        "Player": report["player_token"],
        "Amount": f"{report['amount']} {report['currency']}",
        "Signed with": f"{report['signing']}, key {report['key_id']}",
        "Deadline": f"{report['deadline_s']} s",
        "Calls": report["calls"],
        "Started": report["started_at"],
        "Finished": report["finished_at"],
        "Kit": report["kit_version"],
    }
    listed = (f"<div><dt>{name}</dt><dd>{escape(str(value))}</dd></div>" for name, value in facts.items())
    return f"<dl>{''.join(listed)}</dl>"


def _section(section: str, listed: list[dict[str, Any]]) -> str:
    return f"<h2>{escape(section.replace('-', ' '))}</h2><ul>{''.join(map(_scenario, listed))}</ul>"


def _scenario(one: dict[str, Any]) -> str:
    state = State(one["state"])
    more = ""
    if state == State.FAILED:
        more = f'<p class="broken">{escape(one["text"])}</p><p class="soft">See {escape(one["documented_at"])}</p>'
        more += _exchanges(one["exchanges"])
    if state == State.BLOCKED:
        more = f'<p class="why">{escape(one["text"])}</p>'
    took = "" if state == State.BLOCKED else f"{one['duration_ms']} ms"
    return (
        f'<li><span class="state {_CLASS[state]}">{state}</span>'
        f'<div><span class="name">{escape(one["name"])}</span><p>{escape(one["rule"])}</p>{more}</div>'
        f'<span class="ms">{took}</span></li>'
    )


def _exchanges(exchanges: list[dict[str, Any]]) -> str:
    if not exchanges:
        return ""
    shown = "".join(_exchange(one) for one in exchanges)
    return f"<details><summary>What was sent and answered ({len(exchanges)})</summary>{shown}</details>"


def _exchange(one: dict[str, Any]) -> str:
    sent, answer = one["request"], one["answer"]
    asked = "\n".join([f"{sent['method']} {sent['url']}", *_headers(sent["headers"]), "", sent["body"]])
    if answer is None:
        said = one["failure"]
    else:
        said = "\n".join([str(answer["status"]), *_headers(answer["headers"]), "", answer["body"]])
    return f"<pre>{escape(asked)}</pre><pre>{escape(said)}\n\n{one['duration_ms']} ms</pre>"


def _headers(headers: dict[str, str]) -> list[str]:
    return [f"{name}: {value}" for name, value in headers.items()]


def _footer(report: dict[str, Any]) -> str:
    return (
        "<footer>SHA-256 of the JSON report without this member, names sorted, no spaces:"
        f" <code>{report['sha256']}</code></footer>"
    )
