//! Up to which night what a forecast assumes is what people and hosts of the stage then do.

use keywheel_core::id::UserName;

use super::data::{Host, Kind};
use super::diary::Diary;

/// A key that was used within so many days counts as one in daily use (the default of `LAST_USED_THRESHOLD`).
const LIVELY: u32 = 7;

/// What a forecast takes hosts to do with a new key (`--assume`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hosts {
    /// They install it on the morning after its publication.
    Installed,
    /// They go on with the old one.
    NotInstalled,
}

impl Hosts {
    /// The flag's value.
    pub(super) fn flag(self) -> &'static str {
        match self {
            Hosts::Installed => "installed",
            Hosts::NotInstalled => "not-installed",
        }
    }
}

/// The last night that can be compared, and what comes after it; nothing where every night can be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Until {
    pub(super) night: u32,
    pub(super) why: String,
}

/// What happened to the user's keys, by day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Past {
    published: Vec<u32>,
    installed: Vec<u32>,
}

impl Past {
    pub(super) fn of(diary: &Diary, user: &UserName, days: &[u32]) -> Self {
        let with = |verb: &str| {
            let is_it = |day: &&u32| diary.events(user, **day).iter().any(|event| event.starts_with(verb));
            days.iter().filter(is_it).copied().collect()
        };
        Self { published: with("published "), installed: with("installed ") }
    }
}

/// Up to which night the forecast that was taken before the night of `taken` can be held against this user; none where up to the last.
pub(super) fn until(kind: &Kind, past: &Past, taken: u32, hosts: Hosts) -> Option<Until> {
    let acts = kind.acts.iter().find(|(day, _)| **day > taken);
    let acts = acts.map(|(day, acts)| Until { night: day - 1, why: format!("a person {}", acts.join(", ")) });
    let of_hosts = kind.hosts.iter().flat_map(|host| {
        let uses = [awakes(host, kind, taken), pauses(host, kind, past, taken)];
        uses.into_iter().chain([installs(host, past, taken, hosts)]).flatten()
    });
    acts.into_iter().chain(of_hosts).min()
}

/// The days between the last use of what the host holds and the forecast.
fn unused_for(host: &Host, kind: &Kind, taken: u32) -> Option<u32> {
    let lived = (1..=taken).rev().find(|day| host.is_used_on(*day)).map(|day| taken - day);
    // On the data's first day nothing has aged yet.
    let seeded = kind.keys.get(&host.holds).and_then(|key| key.used).map(|days| days.floor() + f64::from(taken - 1));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some days of a key's age")]
    lived.or(seeded.map(|days| days as u32))
}

fn is_lively(host: &Host, kind: &Kind, taken: u32) -> bool {
    unused_for(host, kind, taken).is_some_and(|days| days < LIVELY)
}

/// A key that was not used lately is taken to be used no more.
fn awakes(host: &Host, kind: &Kind, taken: u32) -> Option<Until> {
    let comes =
        (taken + 1..=taken + 366).find(|day| host.is_used_on(*day)).filter(|_| !is_lively(host, kind, taken))?;
    Some(Until { night: comes - 1, why: format!("a host comes after {LIVELY} days or more") })
}

/// A key that was used lately is taken to be used every day. Whether it is matters while its replacement waits for take-up.
fn pauses(host: &Host, kind: &Kind, past: &Past, taken: u32) -> Option<Until> {
    let pause =
        (taken + 1..=taken + 366).find(|day| !host.is_used_on(*day)).filter(|_| is_lively(host, kind, taken))?;
    let published = past.published.iter().copied().rfind(|day| *day < taken);
    let is_waited_for =
        published.is_some_and(|published| !past.installed.iter().any(|day| (published..=taken).contains(day)));
    let next = past.published.iter().copied().find(|day| *day >= taken);
    let night = if is_waited_for { Some(pause - 1) } else { next.map(|next| next.max(pause - 1)) };
    Some(Until { night: night?, why: "a host is not used every day".to_owned() })
}

/// A new key is taken to be installed on the morning after its publication, or never.
fn installs(host: &Host, past: &Past, taken: u32, hosts: Hosts) -> Option<Until> {
    if hosts == Hosts::NotInstalled {
        // The old key's last use is no week ago: it would seem to be in daily use still.
        let lately = past.installed.iter().find(|day| (taken.saturating_sub(LIVELY - 1)..=taken).contains(day));
        let lately = lately.map(|_| taken);
        let night = lately.or(past.installed.iter().find(|day| **day > taken).map(|day| day - 1))?;
        return Some(Until { night, why: "a host installs a new key".to_owned() });
    }
    let is_open = |published: &&u32| {
        **published >= taken || !past.installed.iter().any(|day| (**published..=taken).contains(day))
    };
    let late = past
        .published
        .iter()
        .filter(is_open)
        .map(|published| taken.max(*published))
        .find(|from| !past.installed.contains(&(from + 1)) && (host.until.is_none_or(|until| until > *from)))?;
    Some(Until { night: late, why: "a host does not install a new key the morning after its publication".to_owned() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kind(hosts: &serde_json::Value, acts: &serde_json::Value) -> Kind {
        let keys = json!({ "first": { "age": 82.5, "used": 1 } });
        let kind = json!({ "about": "", "keys": keys, "hosts": hosts, "acts": acts, "timeline": {} });
        serde_json::from_value(kind).unwrap()
    }

    fn last(hosts: &serde_json::Value, past: &Past, taken: u32, assumed: Hosts) -> Option<u32> {
        until(&kind(hosts, &json!({})), past, taken, assumed).map(|until| until.night)
    }

    #[test]
    fn what_a_person_does_later_ends_the_comparison_and_what_was_done_does_not() {
        let acts = kind(&json!([]), &json!({ "8": ["makes first inactive"] }));
        let night = |taken| until(&acts, &Past::default(), taken, Hosts::Installed).map(|until| until.night);
        assert_eq!((night(1), night(8)), (Some(7), None));
    }

    #[test]
    fn a_host_that_does_as_is_assumed_is_compared_to_the_last_night() {
        let past = Past { published: vec![9], installed: vec![10] };
        let at_once = json!([{ "holds": "first", "every": 1, "installs_after": 1 }]);
        assert_eq!(last(&at_once, &past, 1, Hosts::Installed), None);
        assert_eq!(last(&at_once, &past, 1, Hosts::NotInstalled), Some(9));
        let never = json!([{ "holds": "first", "every": 1 }]);
        let past = Past { published: vec![9], installed: Vec::new() };
        assert_eq!(last(&never, &past, 1, Hosts::NotInstalled), None);
        assert_eq!(last(&never, &past, 1, Hosts::Installed), Some(9));
    }

    #[test]
    fn a_host_that_comes_seldom_is_compared_until_its_coming_matters() {
        let past = Past { published: vec![5], installed: vec![9] };
        let weekly = json!([{ "holds": "first", "every": 7, "first": 2, "installs_after": 1 }]);
        assert_eq!(last(&weekly, &past, 1, Hosts::Installed), Some(5));
        // It holds the new key since: no day on which it rests matters before the next one.
        assert_eq!(last(&weekly, &past, 20, Hosts::Installed), None);
        let asleep = json!([{ "holds": "first", "every": 30, "first": 25 }]);
        assert_eq!(last(&asleep, &Past::default(), 20, Hosts::Installed), Some(24));
    }
}
