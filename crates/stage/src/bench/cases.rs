//! What is measured with an event: nights and sweeps of one account, rotations, and the fan-out over an organization.

use std::time::Duration;

use anyhow::{Context, ensure};
use keywheel_core::id::AccountId;
use serde_json::{Value, json};

use super::front::Answers;
use super::ground::Ground;
use super::listing;
use super::people::{Ages, DUE, People, YOUNG};
use super::process::Flight;
use super::throttle::Throttle;
use crate::functions::{ACCOUNT_INVENTORY, KEY_ROTATION};
use crate::night::scheduler_event;
use crate::operation::Operation;
use crate::test_night::Place;
use crate::wire::Message;

/// How many calls the AFT sample makes for each user, one after the other, and how many besides.
const SAMPLE_CALLS: (usize, usize) = (3, 4);

/// How one account is looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// As on most nights.
    Night,
    /// At every user, as once a week.
    Sweep,
}

/// An account with so many users with a key each of which nothing is due.
pub(super) struct Calm {
    ground: Ground,
    people: People,
    account: AccountId,
    users: usize,
}

impl Calm {
    pub(super) async fn set(place: &Place, users: usize, delay: Duration) -> anyhow::Result<Self> {
        let ground = Ground::set(place, 1, delay).await?;
        let (account, people) = inhabit(&ground, 0, users, YOUNG).await?;
        let calm = Self { ground, people, account, users };
        // The account's first night also writes down that it was.
        calm.look(Look::Night, true).await?;
        Ok(calm)
    }

    /// Pages shorter than asked for.
    pub(super) async fn with_short_pages(self) -> anyhow::Result<Self> {
        self.ground.admin.set_short_pages(true).await?;
        Ok(self)
    }

    /// One event. The front answers what a sweep asks for each user where `front_answers`, and the emulator everything else.
    pub(super) async fn look(&self, look: Look, front_answers: bool) -> anyhow::Result<Flight> {
        self.look_with(look, &|operation, request| {
            front_answers.then(|| self.people.answer(operation, request)).flatten()
        })
        .await
    }

    /// A sweep for which the front answers too, while it throttles.
    pub(super) async fn sweep_throttled(&self, throttle: &Throttle) -> anyhow::Result<Flight> {
        let answers = |operation: &Operation, request: &Message| {
            throttle.answer(operation).or_else(|| self.people.answer(operation, request))
        };
        self.look_with(Look::Sweep, &answers).await
    }

    async fn look_with(&self, look: Look, answers: &Answers<'_>) -> anyhow::Result<Flight> {
        let flight = self.ground.run(KEY_ROTATION, &[], Some(event(&self.account, look)), answers).await?;
        let result = &flight.result;
        let is_calm = result["complete"] == true && result["users"] == self.users && result["steps"] == json!([]);
        let is_swept = result["swept"] == true;
        ensure!(is_calm && is_swept == (look == Look::Sweep), "{look:?} of {} calm users: {result}", self.users);
        Ok(flight)
    }
}

/// Accounts in each of which so many replacements are due.
pub(super) struct Due {
    ground: Ground,
    accounts: Vec<AccountId>,
    users: usize,
}

impl Due {
    /// One account for each run, as a run leaves nothing due.
    pub(super) async fn set(place: &Place, runs: usize, users: usize, delay: Duration) -> anyhow::Result<Self> {
        let ground = Ground::set(place, runs, delay).await?;
        let mut accounts = Vec::new();
        for number in 0..runs {
            accounts.push(inhabit(&ground, number, users, DUE).await?.0);
        }
        Ok(Self { ground, accounts, users })
    }

    /// The next account's night.
    pub(super) async fn rotate(&mut self) -> anyhow::Result<Flight> {
        let Some(account) = self.accounts.pop() else { anyhow::bail!("no account is left") };
        let more = [("MAX_CHANGES", "1000")];
        let event = event(&account, Look::Night);
        let flight = self.ground.run(KEY_ROTATION, &more, Some(event), &|_, _| None).await?;
        let steps = flight.result["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
        let published = steps.iter().filter(|step| step["step"] == "publish" && step["status"] == "done").count();
        let is_done = flight.result["complete"] == true && published == self.users;
        ensure!(is_done, "{published} of {} keys were published: {}", self.users, flight.result);
        Ok(flight)
    }
}

/// An organization of so many accounts.
pub(super) struct Crowd {
    ground: Ground,
    accounts: usize,
}

impl Crowd {
    pub(super) async fn set(place: &Place, accounts: usize, delay: Duration) -> anyhow::Result<Self> {
        Ok(Self { ground: Ground::set(place, 0, delay).await?, accounts })
    }

    /// One nightly event. The front lists the organization.
    pub(super) async fn fan_out(&self) -> anyhow::Result<Flight> {
        let answers = |operation: &Operation, request: &Message| listing::answer(self.accounts, operation, request);
        let flight = self.ground.run(ACCOUNT_INVENTORY, &[], Some(scheduler_event()), &answers).await?;
        let accounts = &flight.result["accounts"];
        let all_invoked = accounts["listed"] == self.accounts && accounts["invoked"] == self.accounts;
        ensure!(all_invoked, "not every account was invoked: {accounts}");
        Ok(flight)
    }
}

/// What the AFT sample's way takes: all calls one after the other.
pub(super) fn sample_way(users: usize, delay: Duration) -> Duration {
    let (per_user, besides) = SAMPLE_CALLS;
    delay * u32::try_from(per_user * users + besides).unwrap_or(u32::MAX)
}

async fn inhabit(ground: &Ground, number: usize, users: usize, ages: Ages) -> anyhow::Result<(AccountId, People)> {
    let account = ground.accounts().into_iter().nth(number).context("every account is to be swept today")?;
    let people = People::of(&account, users, ages);
    people.make(&ground.admin).await?;
    Ok((account, people))
}

fn event(account: &AccountId, look: Look) -> Value {
    let sweep = look == Look::Sweep;
    json!({ "account": account, "name": "payments", "email": "owner@example.com", "sweep": sweep })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_samples_way_is_three_calls_per_user_and_four_more() {
        assert_eq!(sample_way(1000, Duration::from_millis(25)), Duration::from_millis(75_100));
        assert_eq!(sample_way(0, Duration::from_millis(25)), Duration::from_millis(100));
    }
}
