//! Several runs at the same time, call by call in turn.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use keywheel_engine::account::{AccountError, AccountRun, look_after};

use crate::night::{Ended, Night, POLLS, ended};
use crate::world::World;

type Looking<'a> = Pin<Box<dyn Future<Output = Result<AccountRun, AccountError>> + 'a>>;

impl Night {
    /// As many runs at the same time as there are leads; each begins after so many turns. Notification sends what they ask for.
    #[must_use]
    pub fn together_on(&self, world: &World, leads: &[usize]) -> Vec<Ended> {
        together(&leads.iter().map(|lead| (self, *lead)).collect::<Vec<_>>(), world)
    }

    /// This run and another at the same time; the other begins after so many turns.
    #[must_use]
    pub fn beside_on(&self, other: &Self, lead: usize, world: &World) -> Vec<Ended> {
        together(&[(self, 0), (other, lead)], world)
    }
}

fn together(nights: &[(&Night, usize)], world: &World) -> Vec<Ended> {
    world.revive();
    let runs: Vec<_> = nights.iter().map(|(night, _)| (night, night.run(world))).collect();
    let account = nights[0].0.account(world);
    let looking =
        runs.iter().map(|(night, run)| -> Looking<'_> { Box::pin(look_after(world, run, &account, &night.settings)) });
    let mut looking: Vec<_> = looking.collect();
    let mut ends: Vec<Option<Ended>> = nights.iter().map(|_| None).collect();
    let mut context = Context::from_waker(Waker::noop());
    for turn in 0..POLLS {
        for ((looking, end), (_, lead)) in looking.iter_mut().zip(&mut ends).zip(nights) {
            if end.is_none()
                && turn >= *lead
                && let Poll::Ready(value) = looking.as_mut().poll(&mut context)
            {
                *end = Some(ended(value));
            }
        }
        if world.is_dead() || ends.iter().all(Option::is_some) {
            break;
        }
    }
    drop(looking);
    let ends: Vec<Ended> = ends.into_iter().map(|end| end.unwrap_or(Ended::Died)).collect();
    for end in &ends {
        if let Ended::Run(run) = end {
            world.deliver(&run.digests);
        }
    }
    ends
}
