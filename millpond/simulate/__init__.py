"""A bank's payments, simulated from a seed, with the ground truth of the fraud among them."""

from millpond.simulate.simulation import Sent, Simulation

__all__ = ["Sent", "Simulation"]
