//! A limit of time for what somebody else's templates do.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Bytes of the thread's stack; only what is used takes memory. Tera takes expressions of 256 parts in 40 nested tags, and goes through them
/// recursively: with the usual two megabytes a chain of 140 filters ended the process of a debug build.
const STACK: usize = 32 * 1024 * 1024;

/// Does it on a thread of its own, and waits so long for it; none when that was not enough, or it panicked. Nothing can end the thread,
/// so it goes on as long as the function lives: whoever calls must not begin the same again. There is one digest at a time, so waiting
/// holds up nobody else.
pub(super) fn within<T: Send + 'static>(limit: Duration, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (sender, receiver) = mpsc::channel();
    let started = thread::Builder::new().name("templates".to_owned()).stack_size(STACK).spawn(move || {
        // Nobody listens any more where it took too long.
        let _ = sender.send(work());
    });
    started.ok()?;
    receiver.recv_timeout(limit).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_in_time_is_handed_back_and_nothing_else_is_waited_for() {
        assert_eq!(within(Duration::from_hours(1), || 7), Some(7));
        let (_kept, never) = mpsc::channel::<()>();
        assert_eq!(within(Duration::from_millis(10), move || never.recv()), None);
        assert_eq!(within(Duration::from_hours(1), || -> u8 { panic!("a template that panics") }), None);
    }
}
