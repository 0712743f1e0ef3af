//! Nights: one run over the account, and what notification makes of it.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use keywheel_core::contract::action::ExplicitAction;
use keywheel_core::contract::digest::Digest;
use keywheel_core::contract::notice_record::{NoticeState, SentNotice};
use keywheel_core::contract::reviewed::ReviewedPlan;
use keywheel_core::policy::{Mode, Policy};
use keywheel_core::time::{Days, plus};
use keywheel_engine::account::{
    self, AccountError, AccountRun, Audience, Inheritance, Run, Settings, Survey, look_after,
};

use crate::account::Mail;
use crate::world::World;

/// So many polls mean that a run hangs.
pub(crate) const POLLS: usize = 1_000_000;

/// How a run is made.
#[derive(Clone, Debug)]
pub struct Night {
    /// What the deployment wants.
    pub settings: Settings,
    /// Whether anything may change.
    pub mode: Mode,
    /// Users whose key is replaced whatever its age.
    pub forced: Vec<String>,
    /// Every user is looked at.
    pub sweep: bool,
    /// How long the function may run, in seconds.
    pub seconds: i64,
    /// The clock is off.
    pub clock_is_off: bool,
    /// The run's id; none for one that is the night's own.
    pub run_id: Option<String>,
    /// What an earlier invocation of the run left.
    pub inherited: Option<Inheritance>,
    /// The one thing that is asked for.
    pub explicit: Option<ExplicitAction>,
    /// The steps that were reviewed, where nothing else is to be done.
    pub reviewed: Option<ReviewedPlan>,
    /// The account's e-mail address.
    pub email: String,
    /// The account's name.
    pub account_name: String,
}

/// How a run ended.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there are few of them, and none is kept")]
pub enum Ended {
    /// With a result.
    Run(AccountRun),
    /// With an error.
    Refused(AccountError),
    /// The process died.
    Died,
}

impl Default for Night {
    fn default() -> Self {
        let settings = Settings {
            policy: Policy::default(),
            exemption_group: None,
            secret_readers: Vec::new(),
            audience: Audience::default(),
        };
        Self {
            settings,
            mode: Mode::Enforce,
            forced: Vec::new(),
            sweep: false,
            seconds: 900,
            clock_is_off: false,
            run_id: None,
            inherited: None,
            explicit: None,
            reviewed: None,
            email: "owner@example.com".to_owned(),
            account_name: "payments".to_owned(),
        }
    }
}

impl Ended {
    /// The run's result.
    #[must_use]
    pub fn run(self) -> AccountRun {
        match self {
            Ended::Run(run) => run,
            other => panic!("the run has no result: {other:?}"),
        }
    }

    /// The run's error.
    #[must_use]
    pub fn error(self) -> AccountError {
        match self {
            Ended::Refused(error) => error,
            other => panic!("the run has no error: {other:?}"),
        }
    }
}

impl Night {
    /// A run that enforces the default policy where parameters are switched on.
    #[must_use]
    pub fn with_parameters() -> Self {
        let mut night = Self::default();
        night.settings.policy.parameters = true;
        night
    }

    /// A run that enforces the default policy where hosts acknowledge.
    #[must_use]
    pub fn with_acknowledgements() -> Self {
        let mut night = Self::default();
        night.settings.policy.ack_forget_after = Some(Days(90));
        night
    }

    /// A run now; notification then sends what it asks for.
    #[must_use]
    pub fn on(&self, world: &World) -> Ended {
        let ended = self.without_mail(world);
        if let Ended::Run(run) = &ended {
            world.deliver(&run.digests);
        }
        ended
    }

    /// A run now; what it asks of notification is lost.
    #[must_use]
    pub fn without_mail(&self, world: &World) -> Ended {
        world.revive();
        let (run, account) = (self.run(world), self.account(world));
        let looked_after = look_after(world, &run, &account, &self.settings);
        drive(world, looked_after).map_or(Ended::Died, ended)
    }

    /// A look now, and what this night would do.
    ///
    /// # Errors
    /// Those of the survey.
    pub fn survey(&self, world: &World) -> Result<Survey, AccountError> {
        world.revive();
        let (run, account) = (self.run(world), self.account(world));
        let survey = account::survey(world, &run, &account, &self.settings);
        drive(world, survey).unwrap_or_else(|| panic!("the process died while it looked"))
    }

    /// Two runs at the same time, call by call in turn; the second begins after so many calls of the first.
    #[must_use]
    pub fn twice_on(&self, world: &World, lead: usize) -> [Ended; 2] {
        world.revive();
        let (runs, account) = ([self.run(world), self.run(world)], self.account(world));
        let looked_after = |run| look_after(world, run, &account, &self.settings);
        let (mut first, mut second) = (pin!(looked_after(&runs[0])), pin!(looked_after(&runs[1])));
        let mut ends = [None, None];
        let mut context = Context::from_waker(Waker::noop());
        for poll in 0..POLLS {
            if ends[0].is_none() {
                ends[0] = ready(first.as_mut().poll(&mut context));
            }
            if ends[1].is_none() && poll >= lead {
                ends[1] = ready(second.as_mut().poll(&mut context));
            }
            if ends.iter().all(Option::is_some) {
                break;
            }
        }
        ends.map(|end| end.map_or(Ended::Died, ended))
    }

    /// So many nights, with the days between them. The last one's end.
    pub fn nights(&self, world: &World, nights: u32) {
        for _ in 0..nights {
            let begun = world.account().now;
            let _ = self.on(world);
            world.at(begun);
            world.day();
        }
    }

    pub(crate) fn run(&self, world: &World) -> Run {
        let mut account = world.account();
        account.night += 1;
        Run {
            id: self.run_id.clone().unwrap_or_else(|| format!("night-{}", account.night)).parse().unwrap(),
            mode: self.mode,
            writer: format!("writer-{}", account.night),
            deadline: plus(account.now, jiff::SignedDuration::from_secs(self.seconds)),
            forced: self.forced.iter().map(|name| name.parse().unwrap()).collect(),
            sweep: self.sweep,
            clock_is_off: self.clock_is_off,
            explicit: self.explicit.clone(),
            reviewed: self.reviewed.clone(),
            inherited: self.inherited.clone(),
        }
    }

    pub(crate) fn account(&self, world: &World) -> account::Account {
        account::Account {
            id: world.account().id.clone(),
            name: self.account_name.clone(),
            email: self.email.clone(),
            partition: "aws".parse().unwrap(),
            region: "eu-central-1".to_owned(),
            writers: vec!["arn:aws:iam::111122223333:role/keywheel".to_owned()],
        }
    }
}

pub(crate) fn ended(looked_after: Result<AccountRun, AccountError>) -> Ended {
    match looked_after {
        Ok(run) => Ended::Run(run),
        Err(error) => Ended::Refused(error),
    }
}

fn ready<T>(poll: Poll<T>) -> Option<T> {
    match poll {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// Polls a run to its end; none when the process died on the way.
fn drive<T>(world: &World, run: impl Future<Output = T>) -> Option<T> {
    let mut run = pin!(run);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..POLLS {
        if let Poll::Ready(ended) = run.as_mut().poll(&mut context) {
            return Some(ended);
        }
        if world.is_dead() {
            return None;
        }
    }
    panic!("the run hangs");
}

impl World {
    /// Notification: sends every notice that was not sent, and records it.
    pub fn deliver(&self, digests: &[Digest]) {
        let mut account = self.account();
        if account.behaviour.mail_is_down {
            return;
        }
        let at = plus(account.now, jiff::SignedDuration::from_secs(5));
        for digest in digests {
            for entry in &digest.entries {
                if account.notices.get(&entry.notice_id).is_none_or(|notice| notice.state != NoticeState::Sent) {
                    account.notices.insert(
                        entry.notice_id.clone(),
                        SentNotice::new(digest, entry.notice_id.clone(), NoticeState::Sent, at),
                    );
                    account.mails.push(Mail { at, to: digest.recipient.clone(), entry: entry.clone() });
                }
            }
        }
    }
}
