"""What holds for every test here."""

import hypothesis

# A deadline would fail a test for how busy the machine is, which says nothing about the rule under test.
hypothesis.settings.register_profile("drydock", deadline=None)
hypothesis.settings.load_profile("drydock")
