//! What must hold whatever happens, told from the calls that reached AWS.

use std::collections::{BTreeMap, BTreeSet};

use super::proxy::Seen;
use crate::case::Case;
use crate::seed::SeededUser;

/// Users for whom one key is made, by a faultless night or the one after it.
const REPLACED: [&str; 2] = ["rotated", "orphaned"];

/// One account's keys, as the calls leave them.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    keys: BTreeMap<String, Watched>,
    /// How many keys a run made for a user.
    made: BTreeMap<(String, String), usize>,
    broken: Vec<String>,
}

#[derive(Clone, Debug)]
struct Watched {
    user: String,
    state: State,
    is_stored: bool,
    /// Made by a night that is watched.
    is_new: bool,
    /// The ledger holds its id and its half is nowhere: it may be deleted at once.
    is_disposable: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Active,
    /// Since this night; zero for before.
    Inactive(usize),
    Deleted,
}

impl Watch {
    pub(super) fn add(&mut self, user: &SeededUser, case: &Case) {
        for (label, pair) in &user.keys {
            let earlier = case.earlier.as_ref();
            let is_lost = earlier.is_some_and(|earlier| {
                earlier.ledger.get(label).is_some_and(|known| known.created.is_some()) && earlier.secret.is_empty()
            });
            let is_inactive = case.keys.get(label).is_some_and(|key| key.inactive);
            let state = if is_inactive { State::Inactive(0) } else { State::Active };
            let watched = Watched { state, is_disposable: is_lost, ..Watched::of(user.name.as_str()) };
            self.keys.insert(pair.id.to_string(), watched);
        }
    }

    /// Follows the calls of one invocation.
    pub(super) fn follow(&mut self, night: usize, run: &str, seen: &[Seen]) {
        for call in seen.iter().filter(|call| call.status == Some(200)) {
            let (kind, user) = (call.spot.label.kind.as_str(), &call.spot.label.user);
            let Some(key) = &call.key else { continue };
            match kind {
                "iam:CreateAccessKey" => self.made(run, user, key),
                "iam:UpdateAccessKey" if call.activates => self.broken.push(format!("a key of {user} was made active")),
                "iam:UpdateAccessKey" => self.made_inactive(night, key),
                "iam:DeleteAccessKey" => self.deleted(night, key),
                "secretsmanager:PutSecretValue" => {
                    if let Some(watched) = self.keys.get_mut(key) {
                        watched.is_stored = true;
                    }
                }
                _ => {}
            }
        }
    }

    fn made(&mut self, run: &str, user: &str, key: &str) {
        *self.made.entry((run.to_owned(), user.to_owned())).or_default() += 1;
        let watched = Watched { is_stored: false, is_new: true, ..Watched::of(user) };
        self.keys.insert(key.to_owned(), watched);
    }

    fn made_inactive(&mut self, night: usize, key: &str) {
        if let Some(watched) = self.keys.get_mut(key).filter(|watched| watched.state == State::Active) {
            watched.state = State::Inactive(night);
        }
    }

    fn deleted(&mut self, night: usize, key: &str) {
        let Some(watched) = self.keys.get_mut(key) else {
            self.broken.push(format!("{key}, a key that nobody knows, was deleted"));
            return;
        };
        let user = &watched.user;
        match std::mem::replace(&mut watched.state, State::Deleted) {
            State::Active if !watched.is_disposable => self.broken.push(format!("an active key of {user} was deleted")),
            State::Inactive(since) if since >= night => {
                self.broken.push(format!("a key of {user} was deleted in the night in which it was made inactive"));
            }
            _ => {}
        }
    }

    /// Every rule that was broken. A key whose half is stored nowhere is lost: that may happen to one, where a process was killed.
    pub(super) fn broken(&self, was_killed: bool) -> Vec<String> {
        let mut broken = self.broken.clone();
        let twice = self.made.iter().filter(|(_, made)| **made > 1);
        broken.extend(twice.map(|((run, user), made)| format!("run {run} made {made} keys for {user}")));
        let new: Vec<_> = self.keys.values().filter(|watched| watched.is_new).collect();
        let lost: Vec<_> = new.iter().filter(|watched| !watched.is_stored).collect();
        if lost.len() > usize::from(was_killed) {
            broken.push(format!("{} keys were made and never stored", lost.len()));
        }
        let there = lost.iter().filter(|watched| watched.state != State::Deleted);
        broken.extend(there.map(|watched| format!("a key of {} is there whose half nobody has", watched.user)));
        for user in new.iter().map(|watched| watched.user.as_str()).collect::<BTreeSet<_>>() {
            let made = new.iter().filter(|watched| watched.user == user).count();
            let lost = lost.iter().filter(|watched| watched.user == user).count();
            let needed = usize::from(REPLACED.contains(&user)) + lost;
            if made > needed {
                broken.push(format!("{made} keys were made for {user}, {needed} were needed"));
            }
        }
        broken
    }
}

impl Watched {
    fn of(user: &str) -> Self {
        let user = user.to_owned();
        Self { user, state: State::Active, is_stored: true, is_new: false, is_disposable: false }
    }
}

#[cfg(test)]
mod tests {
    use super::super::call::{Label, Spot};
    use super::*;

    fn watch() -> Watch {
        let keys = [("AKIAOLD".to_owned(), Watched::of("rotated"))].into();
        Watch { keys, ..Watch::default() }
    }

    fn seen(kind: &str, user: &str, key: &str) -> Seen {
        let label = Label { kind: kind.to_owned(), user: user.to_owned() };
        Seen { spot: Spot { label, number: 1 }, key: Some(key.to_owned()), activates: false, status: Some(200) }
    }

    fn make(user: &str, key: &str) -> [Seen; 2] {
        [seen("iam:CreateAccessKey", user, key), seen("secretsmanager:PutSecretValue", user, key)]
    }

    #[test]
    fn a_replacement_breaks_no_rule_and_an_answer_that_never_came_is_no_call() {
        let mut watch = watch();
        watch.follow(1, "one", &make("rotated", "AKIANEW"));
        watch.follow(2, "two", &[Seen { status: None, ..seen("iam:CreateAccessKey", "rotated", "AKIAX") }]);
        assert_eq!(watch.broken(false), Vec::<String>::new());
    }

    #[test]
    fn only_a_key_that_was_inactive_the_night_before_may_be_deleted() {
        let delete = || seen("iam:DeleteAccessKey", "rotated", "AKIAOLD");
        let deactivate = || seen("iam:UpdateAccessKey", "rotated", "AKIAOLD");
        let (mut active, mut same, mut earlier) = (watch(), watch(), watch());
        active.follow(1, "one", &[delete()]);
        same.follow(1, "one", &[deactivate(), delete()]);
        earlier.follow(1, "one", &[deactivate()]);
        earlier.follow(2, "two", &[delete()]);
        let broken = [active, same, earlier].map(|watch| watch.broken(true).len());
        assert_eq!(broken, [1, 1, 0]);
    }

    #[test]
    fn a_key_that_is_made_active_is_noticed() {
        let mut watch = watch();
        watch.follow(1, "one", &[Seen { activates: true, ..seen("iam:UpdateAccessKey", "rotated", "AKIAOLD") }]);
        assert_eq!(watch.broken(true).len(), 1);
    }

    #[test]
    fn keys_without_need_and_keys_that_nobody_has_are_noticed() {
        let (mut needless, mut twice, mut lost) = (watch(), watch(), watch());
        needless.follow(1, "one", &make("retired", "AKIANEW"));
        twice.follow(1, "one", &[make("rotated", "AKIANEW"), make("rotated", "AKIATOO")].concat());
        lost.follow(1, "one", &[seen("iam:CreateAccessKey", "rotated", "AKIANEW")]);
        assert_eq!(needless.broken(true).len(), 1);
        assert_eq!(twice.broken(true).len(), 2);
        assert_eq!(lost.broken(true).len(), 1);
        assert_eq!(lost.broken(false).len(), 2);
    }
}
