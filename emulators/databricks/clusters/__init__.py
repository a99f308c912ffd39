"""Clusters and their libraries: one local cluster that is always there, and records that are mapped onto it."""
