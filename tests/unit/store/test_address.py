"""Addresses of stores: what a URL says, and what says none."""

import pytest

from millpond.plan.errors import MillpondError
from millpond.store.address import StoreAddress


def test_one_node_is_what_redis_py_makes_of_it() -> None:
    found = StoreAddress.parse("rediss://svc:p%40ss@store.bank:7000/3?ssl_ca_certs=/ca.pem&ssl_check_hostname=false")
    assert (found.kind, found.nodes, found.is_tls) == ("one", (("store.bank", 7000),), True)
    assert found.options == {
        "username": "svc",
        "password": "p@ss",
        "db": 3,
        "ssl_ca_certs": "/ca.pem",
        "ssl_check_hostname": False,
    }


def test_a_cluster_has_nodes_that_are_asked_first() -> None:
    found = StoreAddress.parse("redis+cluster://svc:secret@a,b:7001,[::1]:7002")
    assert (found.kind, found.is_tls) == ("cluster", False)
    assert found.nodes == (("a", 6379), ("b", 7001), ("::1", 7002))
    assert found.options == {"username": "svc", "password": "secret"}


def test_what_sentinels_watch_over_has_a_name_and_they_have_options_of_their_own() -> None:
    found = StoreAddress.parse("rediss+sentinel://:secret@s1,s2:5000/bank?ssl_ca_certs=/ca.pem&sentinel_password=other")
    assert (found.kind, found.name, found.is_tls) == ("sentinel", "bank", True)
    assert found.nodes == (("s1", 26379), ("s2", 5000))
    assert found.options == {"password": "secret", "ssl_ca_certs": "/ca.pem"}
    assert found.sentinel_options == {"password": "other", "ssl_ca_certs": "/ca.pem"}


@pytest.mark.parametrize(
    "url", ["localhost:6379", "http://store", "redis+sentinel://a,b", "redis://store:port", "redis+cluster://a/3"]
)
def test_what_says_no_store_is_refused_with_what_would_say_one(url: str) -> None:
    with pytest.raises(MillpondError, match=r"says no store[\s\S]*redis\+cluster://"):
        StoreAddress.parse(url)


def test_its_text_holds_no_password() -> None:
    assert repr(StoreAddress.parse("redis+sentinel://svc:secret@a,b:7001/bank")) == "sentinel a:26379,b:7001/bank"
