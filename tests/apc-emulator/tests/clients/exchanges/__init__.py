"""Keys that travel between the service and a partner, in every form and both directions."""
