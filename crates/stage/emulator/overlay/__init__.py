"""Patches that make ministack 1.5.33 answer as AWS does where Keywheel relies on it. Each patch says what it changes."""
