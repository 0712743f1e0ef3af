//! Whether a night did wrong, and where two further nights bring the account.

use keywheel_testkit::{Night, Standing, What, World};

use crate::night::{Ended, night};
use crate::wire::Wire;

/// What there is in the end: users and keys, then secrets, claim and intents, then how many keys were made in all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct End {
    left: (Standing, Vec<String>),
    made: usize,
    orphans: usize,
}

impl End {
    fn of(world: &World) -> Self {
        let account = world.account();
        let orphans = account.deeds(What::Made).filter(|event| account.is_never_stored(event)).count();
        Self { left: account.left(), made: account.deeds(What::Made).count(), orphans }
    }

    /// How this end is not the other, which nothing disturbed. For a key whose answer was lost another one is needed.
    pub(crate) fn differs(&self, calm: &Self) -> Option<String> {
        if self.left != calm.left {
            return Some(format!("the account is left as\n{:#?}\nand undisturbed it is\n{:#?}", self.left, calm.left));
        }
        let (made, needed) = (self.made, calm.made + self.orphans);
        (made != needed).then(|| format!("{made} keys were made and {needed} were needed"))
    }
}

/// A night over the wire and all that it did wrong; the next day begins.
pub(crate) fn judged_night(wire: &Wire) -> (Ended, Vec<String>) {
    let world = &wire.world;
    let begun = world.account().now;
    let ended = night(wire);
    let mut wrongs = wire.breaches();
    wrongs.extend(world.account().broken_rules());
    wrongs.extend(leaks(world, &ended));
    world.forget();
    world.at(begun);
    world.day();
    (ended, wrongs)
}

fn leaks(world: &World, ended: &Ended) -> Vec<String> {
    let mut told = vec![("an error or a Debug text", format!("{ended:?}"))];
    if let Ok(run) = &ended.run {
        told.push(("the result", serde_json::to_string(&run.result).unwrap()));
        told.push(("a digest", serde_json::to_string(&run.digests).unwrap()));
    }
    told.push(("the ledger", serde_json::to_string(&world.account().ledger()).unwrap()));
    let leaking = told.into_iter().filter(|(_, text)| world.leaks(text));
    leaking.map(|(place, _)| format!("{place} holds a secret half")).collect()
}

/// Two nights in which nothing fails, at the ports; where they bring the account, and what was done wrong by then.
pub(crate) fn two_nights_later(world: &World) -> (End, Vec<String>) {
    world.account().behaviour.call_takes = keywheel_testkit::Behaviour::default().call_takes;
    Night::with_parameters().nights(world, 2);
    let mut wrongs = world.account().broken_rules();
    let lost = world.account().users_with_a_lost_half();
    wrongs.extend(lost.into_iter().map(|user| format!("a secret half of {user} is lost")));
    (End::of(world), wrongs)
}
