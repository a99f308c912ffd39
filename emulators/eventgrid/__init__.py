"""Event Grid: topics that take events, subscriptions that filter them, deliveries tried again until they succeed."""
