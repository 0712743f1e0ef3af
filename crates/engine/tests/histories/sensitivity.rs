//! The judge speaks up when a rule is broken.
