"""The page for whoever comes without the token; Jupyter Server's speaks of passwords and commands that are not ours."""
from __future__ import annotations

from typing import Any

from tornado.escape import url_escape, xhtml_escape
from voila.voila_identity_provider import VoilaLoginHandler

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>mdexplore</title><link rel="icon" href="data:;base64,=">
<style>
:root {{ color-scheme:light dark; --surface:#fff; --ink:#1b2129; --ink2:#566170; --line:#cfd4dc; --accent:#b0246f; --bad:#b3261e }}
@media (prefers-color-scheme:dark) {{ :root {{ --surface:#15181d; --ink:#e8ebef; --ink2:#a5afbc; --line:#3b424d; --accent:#e06aa6; --bad:#ff8a80 }} }}
body {{ margin:0; padding:15vh max(24px, calc(50vw - 240px)); background:var(--surface); color:var(--ink); font:13px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif }}
h1 {{ font-size:18px; font-weight:650; letter-spacing:-.01em; margin:0 0 12px }} p {{ margin:0 0 12px; color:var(--ink2) }} p.bad {{ color:var(--bad) }}
form {{ display:flex; gap:8px; margin:16px 0 }}
input, button {{ font:inherit; color:inherit; background:none; border:1px solid var(--line); border-radius:4px; padding:6px 10px }}
input {{ flex:1; min-width:0 }} button {{ cursor:pointer }} input:focus, button:focus {{ outline:2px solid var(--accent); outline-offset:-1px }}
</style></head>
<body><h1>mdexplore</h1>
<p>This page needs the token of its server. Open the whole address that was printed when mdexplore was started, or write its token here: the part after <code>token=</code>.</p>{said}
<form action="{action}" method="post">{xsrf}<input type="password" name="password" aria-label="Token" autocomplete="off" autofocus><button type="submit">Open</button></form>
</body></html>"""
WRONG = '<p class="bad" role="alert">That is not the token of this server. Each start makes a new one.</p>'


class Login(VoilaLoginHandler):
    """Asks for the token."""

    def _render(self, message: dict[str, Any] | None = None) -> None:
        action = f"{self.base_url}login?next={url_escape(self.get_argument('next', default=self.base_url))}"
        self.set_header("Referrer-Policy", "same-origin")   # else the browser does not say where the form comes from, and it is refused
        self.write(PAGE.format(action=xhtml_escape(action), xsrf=self.xsrf_form_html(), said=WRONG if message else ""))
