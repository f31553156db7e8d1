"""Ports: different, free, and where no client takes them."""

import socket

from millpond.local.ports import FIRST, LAST, LOOPBACK, free_ports, is_listening


def test_ports_are_different_and_below_those_clients_take() -> None:
    ports = free_ports(200)
    assert len(set(ports)) == 200
    assert all(FIRST <= port < LAST for port in ports)


def test_a_port_is_free_until_somebody_listens() -> None:
    (port,) = free_ports(1)
    assert not is_listening(port)
    with socket.create_server((LOOPBACK, port)):
        assert is_listening(port)
