"""The address of a store: one node, a cluster, or what a Sentinel watches over."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from redis.connection import parse_url

from millpond.plan.errors import MillpondError
from millpond.store.shards import Address

Kind = Literal["one", "cluster", "sentinel"]

_SCHEMES: Final[Mapping[str, tuple[Kind, str]]] = {
    "redis": ("one", "redis"),
    "rediss": ("one", "rediss"),
    "unix": ("one", "unix"),
    "redis+cluster": ("cluster", "redis"),
    "rediss+cluster": ("cluster", "rediss"),
    "redis+sentinel": ("sentinel", "redis"),
    "rediss+sentinel": ("sentinel", "rediss"),
}
_PORTS: Final[Mapping[Kind, int]] = {"one": 6379, "cluster": 6379, "sentinel": 26379}
_MEND: Final = (
    "write redis://host:port, redis+cluster://host:port,host:port or redis+sentinel://host:port,host:port/name; rediss "
    "for TLS, user:password@ before the hosts"
)


@dataclass(frozen=True, kw_only=True, repr=False)
class StoreAddress:
    """How a store is reached.

    Attributes:
        kind: of store.
        nodes: those that are asked first: some of a cluster, or the Sentinels.
        name: of what the Sentinels watch over; empty elsewhere.
        is_tls: connections are encrypted.
        options: what redis-py makes a connection of, but for host, port and class.
        sentinel_options: what it makes one to a Sentinel of.
    """

    kind: Kind
    nodes: tuple[Address, ...]
    name: str
    is_tls: bool
    options: dict[str, Any]
    sentinel_options: dict[str, Any]

    @classmethod
    def parse(cls, url: str) -> "StoreAddress":
        """The address that a URL says.

        `redis://host:port` is one node, `redis+cluster://host:port,host:port` a cluster of which these nodes are asked
        first, `redis+sentinel://host:port,host:port/name` what these Sentinels watch over under a name. With `rediss`
        for `redis` connections are encrypted. `user:password@` comes before the hosts, percent-encoded; options
        (`ssl_ca_certs`, `ssl_certfile`, `ssl_keyfile`, `ssl_check_hostname`, …, those of redis-py) behind a `?`; those
        that begin with `sentinel_` are for connections to the Sentinels.

        Raises:
            MillpondError: it says none.
        """
        try:
            return cls._parse(url)
        except ValueError as cause:
            raise MillpondError(f"the store's address says no store: {cause}", mend=_MEND) from cause

    @classmethod
    def _parse(cls, url: str) -> "StoreAddress":
        parts = urlsplit(url)
        if parts.scheme not in _SCHEMES:
            raise ValueError(f"its scheme is {parts.scheme!r}, none of {', '.join(_SCHEMES)}")
        kind, scheme = _SCHEMES[parts.scheme]
        if scheme == "unix":
            options = parse_url(url)
            del options["connection_class"]
            return cls(kind=kind, nodes=(), name="", is_tls=False, options=options, sentinel_options={})
        credentials, at, hosts = parts.netloc.rpartition("@")
        query = parse_qsl(parts.query, keep_blank_values=True)
        of_sentinels = [(k.removeprefix("sentinel_"), v) for k, v in query if k.startswith("sentinel_")]
        of_nodes = [(k, v) for k, v in query if not k.startswith("sentinel_")]
        path = parts.path.strip("/")
        if kind == "sentinel" and not path:
            raise ValueError("it does not say by which name the Sentinels know it")
        options = parse_url(
            f"{scheme}://{credentials}{at}host/{'' if kind == 'sentinel' else path}?{urlencode(of_nodes)}"
        )
        if kind == "cluster" and options.get("db"):
            raise ValueError("a cluster has no database but 0")
        sentinel_options = parse_url(f"{scheme}://host?{urlencode([*of_sentinels, *_tls(of_nodes)])}")
        for made in (options, sentinel_options):
            del made["host"]
            made.pop("connection_class", None)
        return cls(
            kind=kind,
            nodes=tuple(_node(host, _PORTS[kind]) for host in hosts.split(",")),
            name=unquote(path) if kind == "sentinel" else "",
            is_tls=scheme == "rediss",
            options=options,
            sentinel_options=sentinel_options,
        )

    def __repr__(self) -> str:
        """Without the password."""
        hosts = ",".join(f"{host}:{port}" for host, port in self.nodes) or self.options.get("path", "")
        return f"{self.kind} {hosts}{'/' + quote(self.name) if self.name else ''}"


def _tls(options: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in options if name.startswith("ssl_")]


def _node(text: str, port: int) -> Address:
    parts = urlsplit(f"//{text}")
    return parts.hostname or "localhost", parts.port or port
