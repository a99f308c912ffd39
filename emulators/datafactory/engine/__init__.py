"""The pure heart of the Data Factory emulator: what a run does next, given what has happened so far.

Nothing here knows a clock, a socket, a thread or a source of randomness: the present moment and fresh ids come in
as arguments, events come in (an activity finished, a timer is due, cancel), commands come out (start this activity,
wake me then). The executor and the unit-test API drive the same machine.
"""
