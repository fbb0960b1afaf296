"""Where a server may be reached: this machine alone, unless somebody has said otherwise in so many words."""
from __future__ import annotations

import os
import socket

import click
import pytest
from click.testing import CliRunner

from mdexplore.app.serve import doors
from mdexplore.app.serve.address import LOCAL_HOSTS, Address, bind
from mdexplore.app.serve.options import server_options
from mdexplore.base import limits, roots
from mdexplore.base.errors import UserError

VARIABLES = (doors.ADDRESS, doors.HOSTS, doors.BASE, roots.READ, roots.WRITE, limits.VARIABLE)


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    """No variable is set, and what a test sets is taken back."""
    for name in VARIABLES:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.delenv("JUPYTERHUB_SERVICE_PREFIX", raising=False)


def test_only_this_machine_is_listened_to_by_default():
    with bind() as sock:
        assert sock.getsockname()[0] == "127.0.0.1"
    assert doors.given_address() == "127.0.0.1"
    assert Address.of(80).hosts == LOCAL_HOSTS and Address.of(80).base == "/"


def test_another_address_is_used_when_it_is_given():
    doors.use(address="0.0.0.0")
    with bind(0, doors.given_address()) as sock:
        assert sock.getsockname()[0] == "0.0.0.0"


def test_all_addresses_are_reached_under_the_name_of_the_machine():
    found = Address.of(80, "0.0.0.0")
    assert found.hosts == LOCAL_HOSTS | {socket.gethostname().lower()}
    assert found.url.startswith(f"http://{socket.gethostname().lower()}:80/?token=")


def test_names_of_a_proxy_are_let_in_one_by_one():
    doors.use(allow_hosts=("Class.Example.org", "other.example.org"), base_url="/mdx/a")
    found = Address.of(80)
    assert found.hosts == LOCAL_HOSTS | {"class.example.org", "other.example.org"}
    assert found.base == "/mdx/a/"


@pytest.mark.parametrize("wrong", [{"address": "example.org"}, {"address": ""}, {"allow_hosts": ("*",)}, {"allow_hosts": ("http://a.org",)}, {"allow_hosts": ("a.org:80",)},
                                   {"base_url": "/a?b"}, {"base_url": "/../"}, {"data_roots": ("/no-such-folder",)}, {"save_root": "/etc/passwd"}, {"limit": ("pages",)},
                                   {"limit": ("sheets=3",)}])
def test_wrong_options_are_refused_in_words(wrong):
    with pytest.raises(UserError):
        doors.use(**wrong)


def test_address_of_another_machine_is_refused_in_words():
    with pytest.raises(UserError, match="no address of this machine"):
        bind(0, "192.0.2.1")


def test_options_reach_the_processes_that_are_started(tmp_path):
    @click.command()
    @server_options
    @click.option("--port", type=int)
    def command(port):
        click.echo(f"{port} {roots.is_fenced()} {limits.limit('pages')}")

    answer = CliRunner().invoke(command, ["--data-root", str(tmp_path), "--save-root", str(tmp_path), "--limit", "pages=30", "--limit", "clusters=500", "--port", "7"])
    assert answer.output.split() == ["7", "True", "30"]
    assert (os.environ[roots.READ], os.environ[roots.WRITE], os.environ[limits.VARIABLE]) == (str(tmp_path), str(tmp_path), "pages=30 clusters=500")
