"""The cache: atomic, believed only where it is sound."""
import json
from dataclasses import dataclass

import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.base.plain import storable
from mdexplore.base.store import Store, content_key


@storable
@dataclass(frozen=True, eq=False)
class Example:
    values: tuple
    names: tuple
    extra: dict


def made():
    return Example((np.arange(3.0), np.zeros((40_000, 2), np.float32)), ("a", "b"), {"n": 3, "list": [1, None, True]})


def test_what_is_saved_comes_back(cache):
    store = Store()
    back = store.save("k" * 8, made())
    assert back.names == ("a", "b") and back.extra == {"n": 3, "list": [1, None, True]}
    assert np.array_equal(back.values[0], np.arange(3.0)) and back.values[1].shape == (40_000, 2)
    assert isinstance(back.values[1], np.memmap) and not back.values[0].flags.writeable


def test_arrays_can_be_written_in_place(cache):
    store = Store()
    with store.writing("key") as entry:
        array = entry.array((5, 2))
        array[:] = 7
        entry.value = Example((array,), (), {})
    assert (store.load("key").values[0] == 7).all()


def test_a_failed_write_leaves_nothing(cache):
    with pytest.raises(ZeroDivisionError), Store().writing("key") as entry:
        entry.value = 1
        raise ZeroDivisionError
    assert not [p for p in cache.rglob("*") if p.is_file()] and Store().load("key") is None


def test_a_damaged_entry_is_a_miss(cache):
    store = Store()
    store.save("key", made())
    for path in store.folder("key").glob("*.npy"):
        path.write_bytes(path.read_bytes()[:60])
    assert store.load("key") is None
    assert store.save("key", made()).names == ("a", "b")


def test_an_entry_with_lying_json_is_a_miss(cache):
    store = Store()
    store.save("key", made())
    (store.folder("key") / "value.json").write_text(json.dumps({"format": 1, "value": {"$class": "Nobody", "fields": {}}}))
    assert store.load("key") is None


def test_a_vanished_cache_is_a_miss_and_is_made_again(cache):
    import shutil

    Store().save("key", made())
    shutil.rmtree(cache)
    assert Store().load("key") is None
    assert Store().save("key", made()).names == ("a", "b")


def test_an_unwritable_cache_is_a_user_error(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MDEXPLORE_CACHE", str(tmp_path / "file"))
    with pytest.raises(UserError, match="cannot be written"):
        Store().save("key", 1)


def test_keys_tell_values_apart():
    assert content_key("a", 1, None) == content_key("a", 1, None)
    assert len({content_key("a", 1), content_key("a", 2), content_key("a", "1"), content_key("a", [1])}) == 4
