//! Ctrl-C. While somebody listens, what is under way ends and nothing else begins; a second one ends the process at once, and so does the
//! first where nobody listens, as at a question.

use std::io::{self, IsTerminal, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use signal_hook::consts::SIGINT;
use signal_hook::{flag, low_level};

use crate::exit::INTERRUPTED;

/// How often somebody who waits looks whether it came.
const LOOK: Duration = Duration::from_millis(100);

/// What is said of the first one.
const SAYS: &str = "ending what is under way; Ctrl-C again ends at once";

/// Those of this process. A handler that was once installed stays: without one, the signal would be ignored.
static FLAGS: OnceLock<Flags> = OnceLock::new();
static INSTALLED: OnceLock<Result<(), String>> = OnceLock::new();

/// What Ctrl-C sets, and goes by.
#[derive(Debug, Default)]
struct Flags {
    came: Arc<AtomicBool>,
    /// The next one ends the process.
    ends: Arc<AtomicBool>,
    listeners: AtomicUsize,
}

/// Listens for Ctrl-C until it is dropped. One that came stays known.
#[derive(Debug)]
pub(crate) struct Interrupt(&'static Flags);

impl Interrupt {
    /// Listens from now on.
    pub(crate) fn listen() -> anyhow::Result<Self> {
        let flags = FLAGS.get_or_init(Flags::default);
        INSTALLED
            .get_or_init(|| flags.install().map_err(|error| error.to_string()))
            .clone()
            .map_err(anyhow::Error::msg)
            .context("cannot listen for Ctrl-C")?;
        Ok(Self::to(flags))
    }

    fn to(flags: &'static Flags) -> Self {
        flags.listeners.fetch_add(1, Ordering::SeqCst);
        flags.ends.store(flags.came(), Ordering::SeqCst);
        Self(flags)
    }

    /// Whether it came, to this listener or to one before it.
    pub(crate) fn came(&self) -> bool {
        self.0.came()
    }

    /// Waits until it comes.
    pub(crate) async fn comes(&self) {
        while !self.came() {
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Waits so long, or until it comes.
    pub(crate) async fn pause(&self, pause: Duration) {
        // Whichever comes first, the wait is over.
        drop(tokio::time::timeout(pause, self.comes()).await);
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        if self.0.listeners.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.ends.store(true, Ordering::SeqCst);
        }
    }
}

/// Whether Ctrl-C came to anybody who listened.
pub(crate) fn came() -> bool {
    FLAGS.get().is_some_and(Flags::came)
}

/// Asks a question, at which Ctrl-C ends the process whoever listens: nothing reads the flag while an answer is waited for.
pub(crate) fn at_a_question<T>(ask: impl FnOnce() -> T) -> T {
    let set = |ends: &dyn Fn(&Flags) -> bool| {
        if let Some(flags) = FLAGS.get() {
            flags.ends.store(ends(flags), Ordering::SeqCst);
        }
    };
    set(&|_| true);
    let answer = ask();
    set(&|flags| flags.came() || flags.listeners.load(Ordering::SeqCst) == 0);
    answer
}

impl Flags {
    fn came(&self) -> bool {
        self.came.load(Ordering::SeqCst)
    }

    /// In the order in which a signal runs through them.
    fn install(&self) -> std::io::Result<()> {
        flag::register_conditional_shutdown(SIGINT, i32::from(INTERRUPTED), Arc::clone(&self.ends))?;
        flag::register(SIGINT, Arc::clone(&self.came))?;
        flag::register(SIGINT, Arc::clone(&self.ends))?;
        acknowledge()
    }
}

/// Says that the first one came, quiet or not: it answers a key that somebody pressed. A thread says it, since a handler must not print.
fn acknowledge() -> io::Result<()> {
    let (mut read, write) = UnixStream::pair()?;
    low_level::pipe::register(SIGINT, write)?;
    let say = move || {
        if read.read_exact(&mut [0]).is_ok() {
            let mut err = io::stderr().lock();
            // The terminal has shown ^C where the cursor was.
            let start = if err.is_terminal() { "\n" } else { "" };
            drop(writeln!(err, "{start}{SAYS}"));
        }
    };
    thread::Builder::new().spawn(say).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags() -> &'static Flags {
        Box::leak(Box::default())
    }

    fn ends(flags: &Flags) -> bool {
        flags.ends.load(Ordering::SeqCst)
    }

    #[test]
    fn the_first_ctrl_c_is_noted_and_ends_nothing_and_the_second_would() {
        let interrupt = Interrupt::listen().unwrap();
        assert!(!interrupt.came());
        signal_hook::low_level::raise(SIGINT).unwrap();
        assert!(interrupt.came() && came() && ends(interrupt.0));
        assert!(ends(Interrupt::listen().unwrap().0), "who listens later gives no further chance");
    }

    #[test]
    fn where_nobody_listens_any_more_it_ends_the_process() {
        let flags = flags();
        let (one, other) = (Interrupt::to(flags), Interrupt::to(flags));
        drop(one);
        assert!(!ends(flags));
        drop(other);
        assert!(ends(flags));
        let again = Interrupt::to(flags);
        assert!(!ends(flags) && !again.came());
    }
}
