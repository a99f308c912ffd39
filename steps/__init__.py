"""What the sentences of the features mean, once, for every cloud.

Nothing here knows whether a cloud is emulated: a `Cloud` is SDK clients, names and a clock.
"""
