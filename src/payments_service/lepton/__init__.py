"""What Lepton, TIHLDE's backend before this service, has kept about payments: read from a dump or its database."""
