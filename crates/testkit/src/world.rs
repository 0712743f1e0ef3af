//! The world: one account behind the engine's ports, with a log, faults, and people who act in between.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use keywheel_core::Timestamp;
use keywheel_core::time::plus;
use keywheel_engine::ports::{PortError, Ports};
use secrecy::{ExposeSecret, SecretString};

use crate::account::Account;
use crate::call::{Call, Fault, Operation, Target};

type Person = Box<dyn FnMut(&Call, &mut Account) + Send>;

/// One account in memory. Clones share it; [`World::fork`] makes a world of its own.
#[derive(Clone)]
pub struct World {
    account: Arc<Mutex<Account>>,
    wire: Arc<Mutex<Wire>>,
}

/// What stands between the engine and the account.
#[derive(Default)]
struct Wire {
    calls: Vec<Call>,
    faults: Vec<(Target, Fault)>,
    person: Option<Person>,
    is_dead: bool,
}

/// A call that was begun.
enum Begun {
    Reaches(Option<Fault>),
    Dead,
}

impl World {
    /// An empty account at this moment.
    #[must_use]
    pub fn new(now: &str) -> Self {
        Self::of(Account::new(now.parse().unwrap()))
    }

    fn of(account: Account) -> Self {
        Self { account: Arc::new(Mutex::new(account)), wire: Arc::default() }
    }

    /// A world of its own that starts as this one is, without log, faults and people.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self::of(self.account().clone())
    }

    /// The account, to look at or to change. Hold it across no call.
    pub fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wire(&self) -> MutexGuard<'_, Wire> {
        self.wire.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves the clock; back, too.
    pub fn at(&self, now: Timestamp) {
        self.account().now = now;
    }

    /// Every call since the log was last emptied.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.wire().calls.clone()
    }

    /// How often this was called since the log was last emptied.
    #[must_use]
    pub fn count(&self, operation: Operation) -> usize {
        self.wire().calls.iter().filter(|call| call.operation == operation).count()
    }

    /// Empties the log, and forgets faults and people.
    pub fn forget(&self) {
        *self.wire() = Wire::default();
    }

    /// The n-th call of this kind from now on fails, counted from 0.
    pub fn fail(&self, operation: Operation, nth: usize, fault: Fault) {
        let made = self.count(operation);
        self.wire().faults.push((Target::Of(operation, made + nth), fault));
    }

    /// Every call of this kind fails.
    pub fn fail_every(&self, operation: Operation, fault: Fault) {
        self.wire().faults.push((Target::Every(operation), fault));
    }

    /// The n-th call since the log was last emptied fails, counted from 0.
    pub fn fail_call(&self, nth: usize, fault: Fault) {
        self.wire().faults.push((Target::Any(nth), fault));
    }

    /// A person acts right before every call, or sees that it is not the time.
    pub fn person(&self, acts: impl FnMut(&Call, &mut Account) + Send + 'static) {
        self.wire().person = Some(Box::new(acts));
    }

    /// Every secret half that was ever issued.
    #[must_use]
    pub fn issued(&self) -> Vec<SecretString> {
        self.account().issued.clone()
    }

    /// Whether the text holds a secret half.
    #[must_use]
    pub fn leaks(&self, text: &str) -> bool {
        self.account().issued.iter().any(|half| text.contains(half.expose_secret()))
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.wire().is_dead
    }

    pub(crate) fn revive(&self) {
        self.wire().is_dead = false;
    }

    /// Makes a call: lets others go first, logs it, lets a person act, and takes effect or fails as planned.
    pub(crate) async fn call<T>(
        &self,
        operation: Operation,
        subject: String,
        effect: impl FnOnce(&mut Account) -> Result<T, PortError>,
    ) -> Result<T, PortError> {
        give_way().await;
        let fault = match self.begin(operation, subject) {
            Begun::Reaches(fault) => fault,
            Begun::Dead => std::future::pending().await,
        };
        let Some(fault) = fault else { return effect(&mut self.account()) };
        if fault.takes_effect() {
            let outcome = effect(&mut self.account());
            return Err(outcome.err().unwrap_or_else(|| fault.error(operation)));
        }
        Err(fault.error(operation))
    }

    fn begin(&self, operation: Operation, subject: String) -> Begun {
        let mut wire = self.wire();
        if wire.is_dead {
            return Begun::Dead;
        }
        let mut account = self.account();
        account.now = plus(account.now, account.behaviour.call_takes);
        let call = Call { at: account.now, operation, subject };
        if let Some(person) = &mut wire.person {
            person(&call, &mut account);
        }
        let of_kind = wire.calls.iter().filter(|earlier| earlier.operation == operation).count();
        let of_all = wire.calls.len();
        let is_hit = |target: &Target| match target {
            Target::Any(nth) => *nth == of_all,
            Target::Of(kind, nth) => *kind == operation && *nth == of_kind,
            Target::Every(kind) => *kind == operation,
        };
        let hit = wire.faults.iter().position(|(target, _)| is_hit(target));
        let fault = hit.map(|place| wire.faults[place].1);
        if let Some(place) = hit.filter(|place| !matches!(wire.faults[*place].0, Target::Every(_))) {
            wire.faults.remove(place);
        }
        if fault == Some(Fault::Death) {
            wire.is_dead = true;
            return Begun::Dead;
        }
        wire.calls.push(call);
        Begun::Reaches(fault)
    }
}

/// Lets the calls of other users go first, as waiting for an answer does.
async fn give_way() {
    let mut has_waited = false;
    std::future::poll_fn(|context| {
        if has_waited {
            return Poll::Ready(());
        }
        has_waited = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl Ports for World {
    type Iam = Self;
    type Secrets = Self;
    type Parameters = Self;
    type Acknowledgements = Self;
    type Prover = Self;
    type Ledger = Self;
    type Notices = Self;
    type Encryption = Self;
    type Clock = Self;

    fn iam(&self) -> &Self {
        self
    }
    fn secrets(&self) -> &Self {
        self
    }
    fn parameters(&self) -> &Self {
        self
    }
    fn acknowledgements(&self) -> &Self {
        self
    }
    fn prover(&self) -> &Self {
        self
    }
    fn ledger(&self) -> &Self {
        self
    }
    fn notices(&self) -> &Self {
        self
    }
    fn encryption(&self) -> &Self {
        self
    }
    fn clock(&self) -> &Self {
        self
    }
}
