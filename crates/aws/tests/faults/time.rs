//! Time that nobody waits for: the model's own. Where the code under test waits, the clock jumps to the next thing that is due.

use std::collections::BTreeMap;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, SystemTime};

use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use aws_smithy_async::time::TimeSource;
use jiff::{SignedDuration, Timestamp};
use keywheel_core::time::plus;
use keywheel_engine::ports::Clock;
use keywheel_testkit::World;

/// A run that takes longer than this hangs.
const LONGEST: SignedDuration = SignedDuration::from_hours(2);

/// The clock of the account, of the engine, and of the SDK's pauses and time-outs.
#[derive(Clone)]
pub(crate) struct Time {
    world: World,
    waiting: Arc<Mutex<Waiting>>,
}

#[derive(Default)]
struct Waiting {
    wakers: BTreeMap<(Timestamp, u64), Waker>,
    numbers: u64,
}

/// Waits until a moment; leaves no trace when it is dropped before.
struct Wait {
    time: Time,
    until: Timestamp,
    number: u64,
}

/// Whether the work asked to be polled again.
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl std::fmt::Debug for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Time")
    }
}

impl Time {
    /// The time of this world. It moves with waiting alone.
    pub(crate) fn of(world: &World) -> Self {
        Self { world: world.clone(), waiting: Arc::default() }
    }

    /// The present.
    pub(crate) fn now(&self) -> Timestamp {
        self.world.account().now
    }

    /// Lets so much time pass.
    pub(crate) fn wait(&self, time: Duration) -> impl Future<Output = ()> + Send + Sync + 'static {
        let until = plus(self.now(), SignedDuration::try_from(time).unwrap());
        let number = {
            let mut waiting = self.waiting.lock().unwrap();
            waiting.numbers += 1;
            waiting.numbers
        };
        Wait { time: self.clone(), until, number }
    }

    /// Does the work to its end.
    pub(crate) fn run<T>(&self, work: impl Future<Output = T>) -> T {
        let (begun, woken) = (self.now(), Arc::new(Woken(AtomicBool::new(false))));
        let waker = Waker::from(woken.clone());
        let (mut work, mut context) = (pin!(work), Context::from_waker(&waker));
        loop {
            if let Poll::Ready(done) = work.as_mut().poll(&mut context) {
                return done;
            }
            if !woken.0.swap(false, Ordering::Relaxed) {
                self.jump();
                assert!(self.now().duration_since(begun) < LONGEST, "the run hangs");
            }
        }
    }

    /// To the next thing that is due.
    fn jump(&self) {
        let next = self.waiting.lock().unwrap().wakers.pop_first();
        let ((due, _), waker) = next.unwrap_or_else(|| panic!("the run waits for what will never come"));
        self.world.at(due.max(self.now()));
        waker.wake();
    }
}

impl Future for Wait {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.time.now() >= self.until {
            return Poll::Ready(());
        }
        let mut waiting = self.time.waiting.lock().unwrap();
        waiting.wakers.insert((self.until, self.number), context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.time.waiting.lock().unwrap().wakers.remove(&(self.until, self.number));
    }
}

impl AsyncSleep for Time {
    fn sleep(&self, time: Duration) -> Sleep {
        Sleep::new(self.wait(time))
    }
}

impl TimeSource for Time {
    fn now(&self) -> SystemTime {
        Time::now(self).into()
    }
}

impl Clock for Time {
    fn now(&self) -> Timestamp {
        Time::now(self)
    }

    async fn sleep(&self, time: Duration) {
        self.wait(time).await;
    }
}
