"""Options of a server for others than its owner (`mdexplore.app.serve.doors`), for every command that serves a page."""
from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from mdexplore.app.serve.doors import LOOPBACK, use
from mdexplore.base import limits

Command = Callable[..., Any]


def server_options(command: Command) -> Command:
    """Decorator: the command takes the options of a server; they are in the environment when it runs."""
    @functools.wraps(command)
    def run(*args: Any, address: str | None, allow_host: tuple[str, ...], base_url: str | None, data_root: tuple[str, ...], save_root: str | None,
            limit: tuple[str, ...], **kwargs: Any) -> Any:
        use(address=address, allow_hosts=allow_host, base_url=base_url, data_roots=data_root, save_root=save_root, limit=limit)
        return command(*args, **kwargs)

    decorated: Command = run
    for decorate in reversed([
        click.option("--address", metavar="ADDRESS", help=f"Listen on this address of the machine instead of {LOOPBACK}: others can then reach the page. See docs/serving.md."),
        click.option("--allow-host", multiple=True, metavar="NAME", help="Answer under this host name too, such as that of a proxy; may be given several times."),
        click.option("--base-url", metavar="PATH", help="Path of the page behind a proxy, such as /mdexplore/."),
        click.option("--data-root", multiple=True, metavar="FOLDER", help="Read no file outside this folder; may be given several times."),
        click.option("--save-root", metavar="FOLDER", help="Write no file outside this folder; by default the data root, where there is one."),
        click.option("--limit", multiple=True, metavar="NAME=VALUE", help=f"Change a cap, such as pages=30; 0 takes it away. Caps: {', '.join(limits.TABLE)}."),
    ]):
        decorated = decorate(decorated)
    return decorated
