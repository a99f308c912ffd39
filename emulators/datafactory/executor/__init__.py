"""Drives the pure engine in an asyncio loop: keeps its time, runs its activities, tells observers what changed."""
