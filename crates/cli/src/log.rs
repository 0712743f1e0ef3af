//! What the engine and the adapters log, for people, on standard error.

use std::io;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Shows warnings of Keywheel's own crates, and with `verbose` what they do, and the warnings of others. Nothing finer is ever shown: the
/// SDK's finer lines have the bodies of answers.
pub(crate) fn start(verbose: bool) {
    let (ours, others) =
        if verbose { (LevelFilter::INFO, LevelFilter::WARN) } else { (LevelFilter::WARN, LevelFilter::OFF) };
    let lines =
        tracing_subscriber::fmt::layer().without_time().with_target(false).with_ansi(false).with_writer(io::stderr);
    let filter = Targets::new().with_default(others).with_target("keywheel", ours);
    tracing_subscriber::registry().with(filter).with(lines).init();
}
