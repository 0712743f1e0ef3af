//! The way of all accounts through three nights, and what is made of it.
#![expect(clippy::print_stdout, reason = "a test tells its outcome")]

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use keywheel_core::id::AccountId;

use super::cases::Case;
use super::ground::Ground;
use super::process::{End, Flight};
use super::proxy::Kill;
use super::rules::Watch;
use super::standing::{Standing, differences, standing};
use crate::leaks::{Searched, Written};
use crate::terminal::{Line, plain};

/// The run in which processes are killed.
pub(super) const FIRST_NIGHT: &str = "first-night";

/// The nights after it.
const FURTHER_NIGHTS: [&str; 2] = ["second-night", "third-night"];

/// What Lambda waits before it tries an event again, in days: by then the claim of a dead process has lapsed.
const RETRY_AFTER: f64 = 2.0 / (24.0 * 60.0);

/// Processes, and accounts that are looked at, at a time.
const AT_A_TIME: usize = 8;

/// One account on its way.
struct Subject {
    account: AccountId,
    case: Case,
    /// Whether it lives through the further nights too.
    goes_on: bool,
    watch: Watch,
    wrong: Vec<String>,
    written: Vec<Written>,
}

/// Takes every case through; how many failed. Each failure is told.
pub(super) async fn go_through(ground: &Ground, cases: Vec<Case>, line: &mut Line) -> anyhow::Result<usize> {
    let mut subjects = subjects(ground, cases)?;
    each(&mut subjects, |_| true, async |subject| subject.first_night(ground).await).await?;
    line.show("death: the killed processes are tried again where Lambda would");
    ground.admin.age(RETRY_AFTER).await?;
    let is_retried = |subject: &Subject| subject.case.is_retried && subject.goes_on;
    each(&mut subjects, is_retried, async |subject| subject.whole_night(ground, 1, FIRST_NIGHT).await).await?;
    for (night, run) in (2..).zip(FURTHER_NIGHTS) {
        line.show(&format!("death: {run}"));
        ground.admin.age(1).await?;
        each(&mut subjects, |subject| subject.goes_on, async |subject| subject.whole_night(ground, night, run).await)
            .await?;
    }
    line.show("death: comparing");
    let mut failed = compare(ground, &mut subjects).await?;
    failed += tell("no secret half in what was written", &leaks(ground, &subjects).await?);
    Ok(failed)
}

/// The first account meets no fault, the second is killed and left so.
fn subjects(ground: &Ground, cases: Vec<Case>) -> anyhow::Result<Vec<Subject>> {
    let left = cases.iter().find(|case| case.kill.as_ref().is_some_and(is_unanswered_creation)).cloned();
    let left = left.context("no case loses the answer of CreateAccessKey")?;
    let faultless = Case { kill: None, is_retried: false };
    let all = [faultless, left].into_iter().chain(cases);
    let accounts = ground.accounts();
    let subjects = accounts.into_iter().zip(all).enumerate().map(|(number, (account, case))| {
        let watch = ground.watch(&account);
        Subject { account, case, goes_on: number != 1, watch, wrong: Vec::new(), written: Vec::new() }
    });
    Ok(subjects.collect())
}

fn is_unanswered_creation(kill: &Kill) -> bool {
    kill.after && kill.at.label.kind == "iam:CreateAccessKey"
}

async fn each(
    subjects: &mut [Subject],
    which: impl Fn(&Subject) -> bool,
    act: impl AsyncFn(&mut Subject) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let acts = subjects.iter_mut().filter(|subject| which(subject)).map(|subject| act(subject));
    stream::iter(acts).buffer_unordered(AT_A_TIME).try_collect().await
}

impl Subject {
    async fn first_night(&mut self, ground: &Ground) -> anyhow::Result<()> {
        let flight = ground.night(&self.account, FIRST_NIGHT, self.case.kill.clone()).await?;
        match (&flight.end, &self.case.kill) {
            (End::Killed, Some(_)) | (End::Answered(_), None) => {}
            (end, _) => self.wrong.push(format!("the first night: the process was not killed but {end:?}")),
        }
        self.keep(1, FIRST_NIGHT, flight);
        Ok(())
    }

    async fn whole_night(&mut self, ground: &Ground, night: usize, run: &str) -> anyhow::Result<()> {
        let flight = ground.night(&self.account, run, None).await?;
        if !matches!(&flight.end, End::Answered(result) if result["complete"] == true) {
            self.wrong.push(format!("{run}: {:?}", flight.end));
        }
        self.keep(night, run, flight);
        Ok(())
    }

    fn keep(&mut self, night: usize, run: &str, flight: Flight) {
        self.watch.follow(night, run, &flight.seen);
        let answer = match flight.end {
            End::Answered(answer) | End::Failed(answer) => answer.to_string(),
            End::Killed | End::Gone | End::Late => String::new(),
        };
        let digests = flight.digests.iter().map(ToString::to_string).collect();
        for (place, text) in [("log", flight.output), ("answer", answer), ("digests", digests)] {
            self.written.push(Written { place: format!("{place} of account {} in {run}", self.account), text });
        }
    }
}

/// Holds every account against the faultless one.
async fn compare(ground: &Ground, subjects: &mut [Subject]) -> anyhow::Result<usize> {
    let issued = ground.admin.credentials().await?;
    let issued: BTreeMap<_, _> = issued.into_iter().map(|one| (one.access_key_id.clone(), one)).collect();
    let issued = &issued;
    let looks = subjects.iter().map(|subject| async { standing(ground, &subject.account, issued).await });
    let standings: Vec<Standing> = stream::iter(looks).buffered(AT_A_TIME).try_collect().await?;
    let [faultless, left, ..] = &standings[..] else { anyhow::bail!("there are too few accounts") };
    ensure!(
        !differences(left, faultless).is_empty(),
        "an account that was left as death found it passes for faultless"
    );
    let mut failed = 0;
    for (subject, standing) in subjects.iter_mut().zip(&standings).filter(|(subject, _)| subject.goes_on) {
        subject.wrong.extend(subject.watch.broken(subject.case.kill.is_some()));
        subject.wrong.extend(differences(standing, faultless));
        failed += tell(&format!("{} (account {})", subject.case, subject.account), &subject.wrong);
    }
    Ok(failed)
}

async fn leaks(ground: &Ground, subjects: &[Subject]) -> anyhow::Result<Vec<String>> {
    let searched = Searched::new(&ground.admin.credentials().await?);
    ensure!(!searched.is_empty(), "no secret half was ever issued");
    let objects = ground.state.texts("").await?;
    let objects = objects.into_iter().map(|(place, text)| Written { place, text });
    let written: Vec<_> = objects.chain(subjects.iter().flat_map(|subject| subject.written.iter().cloned())).collect();
    Ok(searched.find(&written))
}

/// Tells what went wrong with a case; 1 when anything did.
fn tell(case: &str, wrong: &[String]) -> usize {
    let is_wrong = usize::from(!wrong.is_empty());
    if is_wrong > 0 {
        println!("FAILED {}", plain(case));
    }
    for line in wrong {
        println!("    {}", plain(line));
    }
    is_wrong
}
