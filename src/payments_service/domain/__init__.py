"""What is true about paid events, registrations, orders and money. Standard library only."""
