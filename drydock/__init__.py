"""The front door: the `drydock` command and the pytest plugin. Thin: the rooms behind it do the work."""
