//! Keywheel.
