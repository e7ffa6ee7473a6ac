"""The neighbour that moves money: one port, an adapter for each of its APIs, errors named by remedy."""
