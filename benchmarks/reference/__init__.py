"""Methods against known results, three seeds each: what takes minutes and so is no part of the tests."""
