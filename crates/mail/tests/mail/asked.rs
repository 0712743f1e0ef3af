//! What a mail asks of its reader.

use keywheel_core::contract::digest::{Digest, DigestEntry, RecipientRole};
use keywheel_core::contract::result::StepStatus::{Done, Failed};
use keywheel_core::plan::StepKind;
use keywheel_core::policy::Mode;
use keywheel_core::reason::Reason;
use keywheel_mail::words::Section;

use crate::support::{ARMOURED, at, context, digest, entry, every_kind, key, planned, rendered, rotated};

fn about(entry: DigestEntry) -> Digest {
    digest(Mode::Enforce, vec![entry])
}

#[test]
fn no_day_that_is_asked_for_is_earlier_than_the_day_by_which_something_must_be_done() {
    let mut checked = 0;
    for one in every_kind().into_iter().filter(|entry| entry.due.is_some_and(|due| due > at("2026-11-20T02:00:00Z"))) {
        let alone = context(&about(one.clone()));
        let context = context(&digest(Mode::Enforce, vec![one.clone(), rotated(90, "zoe")]));
        let section = Section::of(&one);
        let asks = section.needs_action() && !section.is_for_at_once();
        assert_eq!(alone.summary.by.is_some(), asks, "{section:?}");
        if asks {
            let by = context.summary.by.as_ref().unwrap();
            assert!(at(&by.iso) <= one.due.unwrap(), "{section:?}: {by:?}");
            assert!(context.headline.starts_with("2 keys need action by "), "{}", context.headline);
            checked += 1;
        }
    }
    assert!(checked >= 6, "{checked}");
}

#[test]
fn what_asks_for_something_says_so_first_and_nothing_else_does() {
    for one in every_kind() {
        let section = Section::of(&one);
        let todo = context(&about(one)).summary.todo;
        let idle = todo.iter().any(|line| line.starts_with("Nothing"));
        let may_be_idle = !section.needs_action() && section != Section::RotationAhead;
        assert_eq!((todo.len(), idle), (1, may_be_idle), "{section:?}: {todo:?}");
    }
    let todo = |step, reason| context(&about(entry(1, "alice", step, Done, reason))).summary.todo;
    assert_eq!(
        todo(StepKind::Rollback, Reason::RolledBack),
        ["Put the key of alice back wherever the newer one was installed."]
    );
    assert_eq!(todo(StepKind::Warn, Reason::RotationAhead), ["Find out where the key of alice is used."]);
    assert_eq!(todo(StepKind::Reconcile, Reason::NeverStored), ["Nothing."]);
}

#[test]
fn an_audit_asks_for_nothing_or_says_that_it_is_asked_before_enforcement() {
    let todo = |entries| context(&digest(Mode::Audit, entries)).summary.todo;
    let [first, others @ ..] = &todo(planned())[..] else { panic!() };
    assert_eq!((first.as_str(), others.len()), ("Nothing was changed. Before enforcement:", 1));
    let idle = planned().into_iter().filter(|entry| entry.step != StepKind::Skip).collect();
    assert_eq!(todo(idle), ["Nothing has to be done today: this run only looked."]);
}

#[test]
fn what_stands_in_the_way_and_what_went_wrong_stands_on_the_first_screen() {
    let blocked =
        DigestEntry { other_key: Some(key(7)), ..entry(1, "peggy", StepKind::Skip, Done, Reason::SlotBlocked) };
    let failure = DigestEntry {
        detail: Some("iam:CreateAccessKey: try again\u{1b}[2J".to_owned()),
        ..entry(2, "niaj", StepKind::Create, Failed, Reason::RotationDue)
    };
    let first = |digest: &Digest| rendered(digest).text.split("\n== ").next().unwrap().to_owned();
    let one = first(&about(blocked.clone()));
    for said in ["the second place is taken by", "If nobody needs the inactive key, delete it", key(7).as_str()] {
        assert!(one.contains(said), "{said}: {one}");
    }
    assert!(first(&about(failure)).contains("iam:CreateAccessKey: try again [2J"));
    let two_active = entry(3, "olivia", StepKind::Skip, Done, Reason::ConflictTwoActive);
    let both = first(&digest(Mode::Enforce, vec![blocked, two_active]));
    for said in ["olivia: Find out where", "olivia: The user has two", "peggy: If nobody", "peggy: A new key is due"] {
        assert!(both.contains(said), "{said}: {both}");
    }
}

#[test]
fn a_key_may_be_deleted_by_command_only_where_it_takes_up_the_place_of_a_new_one() {
    let seen = |reason| {
        let about_two = DigestEntry { other_key: Some(key(7)), ..entry(1, "peggy", StepKind::Skip, Done, reason) };
        let mail = rendered(&about(about_two));
        let commands = |of: &str| mail.text.lines().filter(|line| line.trim_start().starts_with(of)).count();
        assert!(mail.html.contains(key(7).as_str()) && mail.text.contains("in account 111122223333"));
        (commands("aws iam get-access-key-last-used"), commands("aws iam delete-access-key"), mail.text)
    };
    let (looks, deletes, text) = seen(Reason::SlotBlocked);
    assert_eq!((looks, deletes), (1, 1), "{text}");
    assert!(text.contains(&format!("delete-access-key --user-name peggy --access-key-id {}", key(7))));
    for reason in [Reason::ConflictTwoActive, Reason::ReplacementGone] {
        let (looks, deletes, text) = seen(reason);
        assert_eq!((looks, deletes), (2, 0), "{text}");
    }
}

#[test]
fn a_mail_with_a_pair_attached_says_first_how_to_open_it_and_never_that_no_mail_has_one() {
    let never = "never in this mail";
    let attached = DigestEntry { encrypted_pair: Some(ARMOURED.to_owned()), ..rotated(1, "alice") };
    let mut mail = digest(Mode::Enforce, vec![attached]);
    mail.recipient.role = RecipientRole::KeyOwner;
    let with = rendered(&mail);
    for part in [&with.text, &with.html] {
        let opened = part.find(&format!("keywheel decrypt {}.age", key(5001)));
        assert!(opened.is_some() && opened < part.find("get-secret-value"), "{part}");
        assert!(!part.contains(never), "{part}");
    }
    assert!(rendered(&about(rotated(1, "alice"))).text.contains(never));
}

#[test]
fn one_key_is_told_of_in_the_singular_and_several_in_the_plural() {
    let gone = |number, user| entry(number, user, StepKind::Delete, Done, Reason::RecoveryGraceOver);
    let one = rendered(&about(gone(1, "alice"))).text;
    assert!(one.contains("This key is gone") && !one.contains("These keys"), "{one}");
    let two = rendered(&digest(Mode::Enforce, vec![gone(1, "alice"), gone(2, "bob")])).text;
    assert!(two.contains("These keys are gone") && !two.contains("This key"), "{two}");
}

#[test]
fn a_restore_command_says_in_which_account_and_as_whom() {
    let entries = every_kind().into_iter().filter(|entry| Section::of(entry).can_be_undone());
    for mail in entries.map(|entry| rendered(&about(entry))) {
        for part in [&mail.text, &mail.html] {
            assert!(part.contains("in account 111122223333, as somebody who may change this user's keys"), "{part}");
        }
    }
}

#[test]
fn a_date_stands_on_the_first_screen_of_both_parts() {
    for one in every_kind().into_iter().filter(|entry| entry.due.is_some()) {
        let mail = rendered(&about(one.clone()));
        let day = context(&about(one)).sections[0].groups[0].entries[0].due.clone().unwrap().date;
        for (part, ends) in [(&mail.text, "\n== "), (&mail.html, "<h2>")] {
            let first = part.split("</style>").last().unwrap().split(ends).next().unwrap();
            assert!(first.contains(&day), "{first}");
        }
    }
}
