"""The command serves a page: at once, to whoever has the token, and leaves nothing behind."""
from __future__ import annotations

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

_spec = importlib.util.spec_from_file_location("mdx_serving", Path(__file__).with_name("serving.py"))
serving = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(serving)
Running, until = serving.Running, serving.until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stand-in")
    (folder / "sitecustomize.py").write_text(serving.STAND_IN)
    return folder


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A folder of data in which somebody has left Python files; each leaves a mark when it is run."""
    folder = tmp_path_factory.mktemp("data")
    names = ("voila", "jupyter_config", "jupyter_server_config", "jupyter_voila_config", "ipython_config", "ipython_kernel_config", "mdtraj", "numpy",
             "bqplot", "json", "socket", "click", "page", "tornado", "sitecustomize", "ipykernel")
    for name in names:
        (folder / f"{name}.py").write_text(f"import os; open({str(folder / 'RUN-')!r} + {name!r} + str(os.getpid()), 'w')\n")
    (folder / "voila.json").write_text('{"Voila": {"token": "", "ip": "0.0.0.0"}}')
    return folder


@pytest.fixture(scope="module")
def server(stand_in, hostile):
    running = Running(hostile, "demo", "--no-browser", stand_in=stand_in)
    yield running.wait_until_ready()
    running.end()


@pytest.fixture
def start(stand_in, tmp_path):
    """Starts commands that are ended with the test."""
    started = []

    def go(*args: str, **environment: str) -> Running:
        started.append(Running(tmp_path, *(args or ("demo", "--no-browser")), stand_in=stand_in, **environment))
        return started[-1]

    yield go
    for running in started:
        running.end()


def test_address_is_printed_in_one_line_and_the_skeleton_is_there_at_once(start):
    running = start()
    assert running.line.startswith("mdexplore: http://127.0.0.1:") and len(running.token) > 20
    page = running.read_page()
    for title in ("Projection", "Structure", "State network", "Implied timescales", "Chapman", "Time trace"):
        assert f"<h4>{title}" in page


def test_early_listener_checks_token_and_host(start):
    running = start()
    assert running.get("/mdx/ready").status_code == 200   # "not yet": these answers are the early listener's
    assert running.get("/").status_code == 503
    assert running.get("/?token=wrong").status_code == 503
    assert running.get(f"/?token={running.token}", headers={"Host": "evil.example"}).status_code == 403
    assert running.get(f"/?token={running.token}").status_code == 200


def test_early_skeleton_is_dark_where_asked(start):
    assert 'data-jp-theme-light="false"' in start("demo", "--no-browser", "--theme", "dark").read_page()


def test_nothing_heavy_is_imported_before_the_address_is_printed():
    code = ("import sys; from mdexplore.__main__ import forget_current_folder; import mdexplore.cli, mdexplore.app.serve.launch; "
            "print([m for m in ('numpy', 'tornado', 'jupyter_client', 'traitlets', 'voila', 'ipywidgets') if m in sys.modules])")
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_page_is_reached_through_the_hand_over_and_knows_what_to_show(server):
    told = server.open_page()
    assert told["asked"]["kind"] == "demo" and told["asked"]["example"] == "alanine-dipeptide"


def test_kernel_is_forked_warm_and_can_fork_workers(server):
    told = server.open_page()
    assert told["ahead"] and not told["torch"]
    assert told["forkserver"].endswith(f":{told['pid']}")


def test_pages_do_not_share_their_random_numbers(server):
    first, second = (server.open_page() for _ in range(2))
    assert first["pid"] != second["pid"] and first["random"] != second["random"]


def test_token_is_needed_and_its_cookie_is_enough(server):
    assert server.get("/").status_code == 302
    assert server.get("/?token=wrong").status_code == 302
    assert server.get("/voila/static/voila.js").status_code in (200, 302)
    session = requests.Session()
    assert session.get(server.url, timeout=90).status_code == 200
    assert session.get(server.origin + "/mdx/alive/none", timeout=90).json() == {"alive": False}
    assert server.get("/mdx/alive/none").status_code == 403


def test_whoever_comes_without_the_token_is_asked_for_it_under_a_base_url_too(start):
    running = start("demo", "--no-browser", "--base-url", "/class/").wait_until_ready("/class")
    asked = running.get("/class/")
    assert asked.status_code == 302 and asked.headers["Location"].startswith("/class/login?")
    browser, told = requests.Session(), {"timeout": 90}
    login = browser.get(running.origin + asked.headers["Location"], **told)
    assert login.status_code == 200 and "needs the token" in login.text
    proof = {"_xsrf": browser.cookies["_xsrf"]}
    wrong = browser.post(login.url, data={"password": "x" * 32, **proof}, **told)
    assert wrong.status_code == 401 and "not the token" in wrong.text
    assert browser.post(login.url, data={"password": running.token, **proof}, **told).url == f"{running.origin}/class/"
    assert browser.get(f"{running.origin}/class/login?next=https://evil.example/", allow_redirects=False, **told).headers["Location"] == "/class/"
    assert running.get("/class/login?next=%22%3E%3Cimg%20src%3Dx%20onerror%3D1%3E").text.count("<img") == 0


def _stand_in_browser(folder):
    """A browser that writes down what it was started with."""
    program, told = folder / "browser", folder / "told"
    program.write_text(f'#!/bin/sh\necho "$1" > {told}.new; mv {told}.new {told}\n')
    program.chmod(0o755)
    return {"BROWSER": f"{program} %s", "DISPLAY": ":99"}, told


@pytest.mark.parametrize("when", ["early", "late"])
def test_browser_is_started_with_a_link_that_works_once_and_hides_the_token(start, tmp_path, when):
    environment, told = _stand_in_browser(tmp_path)
    running = start("demo", **environment)
    if when == "late":
        running.wait_until_ready()
    link = until(lambda: told.exists() and told.read_text().strip(), "the start of the browser")
    assert running.token not in link
    first = requests.get(link, timeout=90, allow_redirects=False)
    assert first.status_code == 303 and first.headers["Location"] == f"/?token={running.token}"
    assert requests.get(link, timeout=90, allow_redirects=False).status_code in (403, 503)


def test_other_host_names_are_refused_everywhere(server):
    for path in (f"/?token={server.token}", "/voila/static/voila.js", "/mdx/ready", f"/api/kernels/x/channels?token={server.token}"):
        assert server.get(path, headers={"Host": "evil.example"}).status_code == 403, path
    assert server.get("/mdx/ready", headers={"Host": "localhost"}).status_code == 204


@pytest.mark.parametrize("path", ["/page.ipynb", "/voila/files/page.ipynb", "/voila/files/../page.ipynb", "/voila/tree", "/voila/api/contents/",
                                  "/voila/render/page.ipynb", "/api/kernels", "/api/contents", "/files/etc/passwd", "/server.py"])
def test_no_file_is_served(server, path):
    answer = server.get(path, params={"token": server.token})
    assert answer.status_code in (403, 404)


def test_page_forbids_other_hosts_by_its_policy(server):
    policy = server.get("/mdx/ready").headers.get("Content-Security-Policy", "") or requests.get(server.url, timeout=90).headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "http" not in policy


def test_page_names_no_other_host(server):
    page = server.read_page()
    assert not [word for word in ("cdn", "unpkg", "jsdelivr", "cloudflare", "googleapis") if word in page.lower()]


def test_nothing_in_the_current_folder_is_run(server, hostile):
    told = server.open_page()
    assert not list(hostile.glob("RUN-*"))
    assert str(hostile) not in told["path"] and "" not in told["path"]


def test_empty_entry_in_pythonpath_does_not_bring_the_current_folder_back(stand_in, hostile):
    running = Running(hostile, "demo", "--no-browser", PYTHONPATH=f"{stand_in}{os.pathsep}")
    try:
        assert str(hostile) not in running.wait_until_ready().open_page()["path"]
        # Python itself imports `sitecustomize` before any code of ours can run.
        assert not [mark for mark in hostile.glob("RUN-*") if "sitecustomize" not in mark.name]
    finally:
        running.end()
        for mark in hostile.glob("RUN-*"):
            mark.unlink()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_stops_everything(start, number):
    running = start().wait_until_ready()
    running.open_page()
    assert len(running.pids()) >= 4   # server, warm process, kernel, its fork server
    assert running.stop(number) == 0
    until(lambda: not running.pids(), "the end of every process")
    assert running.process.stderr.read() == ""


def test_signal_during_start_stops_everything(start):
    running = start()
    assert running.stop() == 0
    until(lambda: not running.pids(), "the end of every process")


def test_killed_server_takes_everything_with_it(start, tmp_path):
    running = start(TMPDIR=str(tmp_path)).wait_until_ready()
    running.open_page()
    assert list(tmp_path.glob("mdexplore-*"))
    running.stop(signal.SIGKILL)
    until(lambda: not running.pids(), "the end of every process")
    assert not list(tmp_path.glob("mdexplore-*"))   # the keys of the kernels were in there


def test_port_is_the_one_asked_for(start):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert start("demo", "--no-browser", "--port", str(port)).url.startswith(f"http://127.0.0.1:{port}/")


def test_log_goes_to_the_cache_folder(server):
    logs = list((Path(os.environ["MDEXPLORE_CACHE"]) / "logs").glob("app-*.log"))
    assert logs and all(log.stat().st_mode & 0o077 == 0 for log in logs)


def test_notebook_of_the_repository_is_the_page_of_the_package():
    root = Path(__file__).parents[2]
    assert json.loads((root / "notebooks/app.ipynb").read_text()) == json.loads((root / "mdexplore/app/share/page/page.ipynb").read_text())


def test_pages_that_went_without_a_word_make_room_for_new_ones(start):
    running = start("demo", "--no-browser", MDEXPLORE_LIMITS="pages=2").wait_until_ready()
    answers = [requests.get(running.url, timeout=90).status_code for _ in range(3)]
    assert answers == [200, 200, 503]
    serving.until(lambda: requests.get(running.url, timeout=90).status_code == 200, "a page opens again")


def test_host_name_of_a_proxy_is_let_in_under_its_path(start):
    running = start("demo", "--no-browser", MDEXPLORE_ALLOW_HOSTS="class.example.org", MDEXPLORE_BASE_URL="/mdx/a/").wait_until_ready(base="/mdx/a")
    for host, status in (("class.example.org", 200), ("localhost", 200), ("evil.example", 403)):
        assert running.get(f"/mdx/a/?token={running.token}", headers={"Host": host}).status_code == status, host


def test_each_browser_has_a_word_of_its_own(server):
    first, second = requests.Session(), requests.Session()
    for session in (first, second, first):
        session.get(server.url, timeout=90)
    words = [session.cookies["mdx-visitor"] for session in (first, second)]
    assert words[0] != words[1] and all(len(word) == 22 for word in words)
