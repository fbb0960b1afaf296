"""Where a server listens, under which names, which folders it opens, and its caps: from options or the environment. Standard library only.

Each is an environment variable: that is how it reaches the kernels and their workers.
"""
from __future__ import annotations

import ipaddress
import os
from pathlib import Path

from mdexplore.base import limits, roots
from mdexplore.base.errors import UserError

ADDRESS, HOSTS, BASE = "MDEXPLORE_ADDRESS", "MDEXPLORE_ALLOW_HOSTS", "MDEXPLORE_BASE_URL"
LOOPBACK = "127.0.0.1"


def use(*, address: str | None = None, allow_hosts: tuple[str, ...] = (), base_url: str | None = None, data_roots: tuple[str, ...] = (),
        save_root: str | None = None, limit: tuple[str, ...] = ()) -> None:
    """Check the options that are given and put them into the environment.

    Raises
    ------
    UserError
        If an address, a path, a folder or a cap is not one.
    """
    if address is not None:
        os.environ[ADDRESS] = _address(address)
    if allow_hosts:
        os.environ[HOSTS] = " ".join(_host(name) for name in allow_hosts)
    if base_url is not None:
        os.environ[BASE] = _base(base_url)
    if data_roots:
        os.environ[roots.READ] = os.pathsep.join(_folder(folder) for folder in data_roots)
    if save_root is not None:
        os.environ[roots.WRITE] = _folder(save_root)
    if limit:
        os.environ[limits.VARIABLE] = limits.text(limit)
    limits.limit("pages")   # an unreadable variable is said now, not on a page


def given_address() -> str:
    """The address to listen on."""
    return _address(os.environ.get(ADDRESS) or LOOPBACK)


def given_hosts() -> frozenset[str]:
    """Host names beside the local ones."""
    return frozenset(_host(name) for name in os.environ.get(HOSTS, "").replace(",", " ").split())


def given_base() -> str:
    """Path of the page, with a slash at both ends."""
    return _base(os.environ.get(BASE) or "/")


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text.strip("[]")))
    except ValueError:
        raise UserError(f"{text!r} is no address.", "An address is that of a network card of this machine.", "Write for example 127.0.0.1, 192.168.0.7, or 0.0.0.0 for all.") from None


def _host(text: str) -> str:
    name = text.strip().lower().strip("[]")
    if not name or any(letter in name for letter in "/*@ ") or name.count(":") == 1:
        raise UserError(f"{text!r} is no host name.", "A name stands alone, without scheme, port or path.", "Write for example class.example.org.")
    return name


def _base(text: str) -> str:
    path = f"/{text.strip('/')}/".replace("//", "/")
    if any(letter in path for letter in "?#%\\ ") or ".." in path:
        raise UserError(f"{text!r} is no path.", do="Write for example /mdexplore/.")
    return path


def _folder(text: str) -> str:
    folder = Path(text).expanduser().absolute()
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}.", do="Name a folder that is there.")
    if os.pathsep in str(folder):
        raise UserError(f"{folder} cannot be used.", f"Its name holds {os.pathsep!r}, which separates folders.", "Choose another folder, or a link to it.")
    return str(folder)
