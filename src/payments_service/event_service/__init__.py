"""The neighbour that owns seats: the event backend's API, as it runs today."""
