"""Executors: pieces of work on processes or computers of the user's, by `concurrent.futures` or `dask.distributed`."""
from __future__ import annotations

import concurrent.futures
import importlib.util
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from mdexplore.base.errors import UserError
from mdexplore.base.installing import install_line

CONNECT_S = 20
_clients: dict[str, Any] = {}   # by address: one connection a process


class Pool:
    """Pieces on an executor of `concurrent.futures`."""

    reachable: str | None = None   # address for other processes of ours: they cannot share a pool

    def __init__(self, pool: concurrent.futures.Executor) -> None:
        self.pool = pool

    def run(self, function: Callable[..., Any], calls: Sequence[tuple[Any, ...]], shared: dict[str, Any]) -> Iterator[tuple[int, Any]]:
        """Yield (number of the call, its result) as they are done."""
        number = {self.pool.submit(function, *call, **shared): i for i, call in enumerate(calls)}
        try:
            for future in concurrent.futures.as_completed(number):
                yield number[future], future.result()
        except concurrent.futures.BrokenExecutor as error:
            raise UserError("A worker has died.", f"{type(error).__name__}: {error}", "Ask again with a new executor: what was done is kept.") from error
        finally:
            for future in number:
                future.cancel()


class Dask:
    """Pieces on a cluster of `dask.distributed`; what a lost worker was at is given to another one.

    Parameters
    ----------
    address : str
        Of the scheduler.
    client : dask.distributed.Client, optional
        By default one of this process, made when it is needed first.
    """

    def __init__(self, address: str, client: Any = None) -> None:
        self.address, self._client = address, client

    @property
    def reachable(self) -> str | None:
        """The address for other processes; None for a cluster inside this one."""
        return None if self.address.startswith("inproc") else self.address

    @property
    def client(self) -> Any:
        return _connect(self.address) if self._client is None else self._client

    def run(self, function: Callable[..., Any], calls: Sequence[tuple[Any, ...]], shared: dict[str, Any]) -> Iterator[tuple[int, Any]]:
        """Yield (number of the call, its result) as they are done."""
        from distributed import KilledWorker, as_completed

        client = self.client
        if client.status != "running":
            raise _lost(self.address, "Its client is closed.")
        futures = client.map(_call, list(calls), function=function, shared=shared, pure=False)
        number = {future.key: i for i, future in enumerate(futures)}
        try:
            for future in as_completed(futures, loop=client.loop):
                yield number[future.key], future.result()
        except KilledWorker as error:
            raise UserError("Several workers died at the same piece of work.", str(error).splitlines()[0],
                            "Give workers more memory, look at their logs, and ask again: what was done is kept.") from error
        except ImportError as error:
            raise UserError("A worker lacks a package.", f"{type(error).__name__}: {error}", "Install the same mdexplore on all workers.") from error
        except Exception as error:   # a connection that is lost shows in many ways
            if client.status == "running" and not isinstance(error, concurrent.futures.CancelledError):
                raise
            raise _lost(self.address, f"{type(error).__name__}: {error}") from error
        finally:
            if client.status == "running":
                client.cancel([future for future in futures if not future.done()])


def _lost(address: str, why: str) -> UserError:
    return UserError(f"The cluster at {address} is gone.", why, "Start it again, make a new client, and ask again: what was done is kept.")


def _call(call: tuple[Any, ...], *, function: Callable[..., Any], shared: dict[str, Any]) -> Any:
    return function(*call, **shared)


def executor_of(given: Any) -> Any:
    """What runs pieces, from what a user gives.

    Parameters
    ----------
    given : None, concurrent.futures.Executor, dask.distributed.Client, str, or what this function gave
        A text is the address of a dask scheduler, such as ``"tcp://10.0.0.1:8786"``.

    Returns
    -------
    Pool, Dask or None

    Raises
    ------
    UserError
        If it is something else, dask is not installed, or no scheduler answers.
    """
    if given is None or isinstance(given, (Pool, Dask)):
        return given
    if isinstance(given, str):
        return Dask(given, _connect(given))
    if isinstance(given, concurrent.futures.Executor):
        return Pool(given)
    if all(hasattr(given, name) for name in ("scheduler_info", "map", "cancel", "scheduler")):
        if getattr(given, "asynchronous", False):
            raise UserError("An asynchronous dask client cannot be used.", "A study waits for its results.", "Make the client without asynchronous=True.")
        if given.scheduler is None:
            raise UserError("The dask client is closed.", "It knows no scheduler any more.", "Make a new one.")
        return Dask(given.scheduler.address, given)
    raise UserError(f"{type(given).__name__} cannot run the work of a study.", "It is neither an executor of concurrent.futures nor a client of dask.distributed.",
                    "Give one of these, or the address of a dask scheduler; leave executor out to compute here.")


def check_installed(address: str) -> str:
    """The address, if this Python can use one.

    Raises
    ------
    UserError
        If dask.distributed is not installed.
    """
    if importlib.util.find_spec("distributed") is None:
        raise UserError(f"The scheduler {address} cannot be used.", "It needs dask.distributed.", f"Install it: {install_line('dask')}")
    return address


def _connect(address: str) -> Any:
    check_installed(address)
    from distributed import Client

    known = _clients.get(address)
    if known is not None and known.status == "running":
        return known
    try:
        _clients[address] = Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise UserError(f"No scheduler answers at {address}.", str(error).splitlines()[0] if str(error) else type(error).__name__,
                        "Start it with `dask scheduler`, and give the address that it prints, such as tcp://10.0.0.1:8786.") from error
    return _clients[address]
