"""Points in time as .NET's DateTime has them: 100-nanosecond ticks and a kind, with its parsing, formats, cultures
and time zones.
"""
