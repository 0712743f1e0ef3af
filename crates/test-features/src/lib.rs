//! The features that tests and the command line bring in, and no code: with it in the build the stage, the functions on
//! it and `keywheel` are built on the same SDK as the tests, which would otherwise be compiled once for each of them.
//!
//! `cargo xtask check` says what is missing here. What is released is built without it.
