//! Who is told, how often, and what nobody is ever told.

use keywheel_core::contract::digest::{DigestEntry, RecipientRole};
use keywheel_core::contract::notice_record::NoticeState;
use keywheel_core::contract::result::StepStatus;
use keywheel_core::observed::KeyStatus;
use keywheel_core::plan::StepKind;
use keywheel_core::policy::{Mode, Periods};
use keywheel_core::reason::Reason;
use keywheel_core::time::{Days, after};
use keywheel_testkit::{Fault, Habit, Night, Operation, What, World};

use crate::support::{alice, empty_world, eve_of, next_night, night, row, world_with};

fn told(world: &World) -> Vec<(String, RecipientRole)> {
    world.account().mails.iter().map(|mail| (mail.to.email.clone(), mail.to.role)).collect()
}

#[test]
fn owners_and_security_are_told_each_once() {
    let world = world_with("alice", 90);
    {
        let mut account = world.account();
        let tags = &mut account.user_mut("alice").tags;
        tags.insert("KeyRotation:Email".to_owned(), "alice@example.com".to_owned());
        tags.insert("team".to_owned(), "team@EXAMPLE.com".to_owned());
    }
    let mut telling = night();
    telling.settings.audience.owner_tag = Some("team".to_owned());
    telling.settings.audience.security_email = Some("Alice@example.com".to_owned());
    telling.settings.audience.email_domains = vec!["example.com".to_owned()];
    let run = telling.on(&world).run();
    let owner = ("owner@example.com".to_owned(), RecipientRole::AccountOwner);
    let key_owner = ("alice@example.com".to_owned(), RecipientRole::KeyOwner);
    let team = ("team@EXAMPLE.com".to_owned(), RecipientRole::KeyOwner);
    let mut expected = vec![key_owner, owner, team];
    expected.sort();
    let mut found = told(&world);
    found.sort();
    assert_eq!(found, expected, "the security copy goes to an address that is told already");
    assert_eq!(run.digests.len(), 3);
}

#[test]
fn a_tag_directs_mail_to_no_address_outside_of_the_allowed_domains() {
    let outside = [
        "mallory@evil.com",
        "mallory@evil.com@example.com",
        "mallory@example.com.evil.com",
        "mallory",
        "@example.com",
        "mallory@evil.com,x@example.com",
        "mallory@evil.com x@example.com",
        "mallory@evil.com>x@example.com",
        "mallory@evil.com\r\nBcc: x@example.com",
        "",
    ];
    for address in outside {
        let world = world_with("alice", 90);
        let tags = [("KeyRotation:EMAIL".to_owned(), address.to_owned()), ("team".to_owned(), address.to_owned())];
        world.account().user_mut("alice").tags = tags.into();
        let mut telling = night();
        telling.settings.audience.owner_tag = Some("team".to_owned());
        telling.settings.audience.email_domains = vec!["example.com".to_owned()];
        let _ = telling.on(&world).run();
        let told = told(&world);
        let owner = ("owner@example.com".to_owned(), RecipientRole::AccountOwner);
        assert!(!told.is_empty() && told.iter().all(|to| *to == owner), "{address:?}: {told:?}");
    }
}

/// Alice's key owner has an address at which every mail comes back.
fn with_a_lost_key_owner() -> World {
    let world = alice();
    let tag = ("KeyRotation:EMAIL".to_owned(), "gone@example.com".to_owned());
    world.account().user_mut("alice").tags = [tag].into();
    world
}

fn come_back(world: &World) {
    let mut account = world.account();
    let lost = account.mails.iter().filter(|mail| mail.to.email == "gone@example.com");
    let lost: Vec<_> = lost.map(|mail| mail.entry.notice_id.clone()).collect();
    for id in lost {
        account.notices.get_mut(&id).unwrap().state = NoticeState::Bounced;
    }
}

fn unreachable(world: &World) -> Vec<String> {
    let account = world.account();
    let mails = account.mails.iter().filter(|mail| mail.entry.reason == Reason::OwnerUnreachable);
    mails.map(|mail| mail.to.email.clone()).collect()
}

#[test]
fn a_key_owner_whose_mail_came_back_is_reported_to_the_account_owner_once_and_is_in_the_result() {
    let world = with_a_lost_key_owner();
    let mut nights = Vec::new();
    for _ in 0..4 {
        let begun = world.account().now;
        nights.push(night().on(&world).run().result);
        come_back(&world);
        next_night(&world, begun);
    }
    let rows = nights.iter().map(|night| {
        let rows = night.steps.iter().filter(|row| row.reason == Reason::OwnerUnreachable);
        rows.map(|row| (row.step, row.status)).collect::<Vec<_>>()
    });
    let said = vec![(StepKind::Skip, StepStatus::Done)];
    assert_eq!(rows.collect::<Vec<_>>(), [vec![], said, vec![], vec![]]);
    let why = nights[1].steps.iter().find_map(|row| row.error.as_deref());
    assert_eq!(
        why,
        Some("the mail about the new key to the address in the tag KeyRotation:EMAIL was refused or came back")
    );
    assert_eq!(unreachable(&world), ["owner@example.com"]);
    // The account owner had the notice itself in the first night.
    let account = world.account();
    let is_new_key = |mail: &&keywheel_testkit::Mail| mail.entry.reason == Reason::RotationDue;
    let told: Vec<_> = account.mails.iter().filter(is_new_key).map(|mail| mail.to.role).collect();
    assert_eq!(told, [RecipientRole::AccountOwner, RecipientRole::KeyOwner]);
}

#[test]
fn an_address_that_was_corrected_is_not_reported_any_more() {
    let world = with_a_lost_key_owner();
    let begun = world.account().now;
    let _ = night().on(&world).run();
    come_back(&world);
    next_night(&world, begun);
    let tag = ("KeyRotation:EMAIL".to_owned(), "alice@example.com".to_owned());
    world.account().user_mut("alice").tags = [tag].into();
    let run = night().on(&world).run();
    assert!(run.result.steps.is_empty(), "{:?}", run.result.steps);
}

#[test]
fn where_the_account_owners_mail_comes_back_the_result_and_security_say_so_and_no_news_of_that_is_made_of_it() {
    let world = alice();
    let mut telling = Night { email: "gone@example.com".to_owned(), ..night() };
    telling.settings.audience.security_email = Some("security@example.com".to_owned());
    for number in 0..6 {
        let begun = world.account().now;
        let run = telling.on(&world).run();
        let rows = run.result.steps.iter().filter(|row| row.reason == Reason::OwnerUnreachable);
        let errors: Vec<_> = rows.map(|row| row.error.clone().unwrap()).collect();
        let said = "the mail about the new key to the account's e-mail address was refused or came back";
        assert_eq!(errors, if number == 0 { Vec::new() } else { vec![said] }, "night {number}");
        come_back(&world);
        next_night(&world, begun);
    }
    assert_eq!(unreachable(&world), ["gone@example.com", "security@example.com"], "each once in a week");
    assert!(world.account().history.iter().all(|event| event.what == What::Made));
}

#[test]
fn an_audit_says_which_tags_direct_no_mail_before_anything_depends_on_it() {
    let world = with_a_lost_key_owner();
    let mut telling = Night { mode: Mode::Audit, ..night() };
    telling.settings.audience.email_domains = vec!["example.org".to_owned()];
    let run = telling.on(&world).run();
    assert_eq!(row(&run.result, StepKind::Skip), (Reason::OwnerUnreachable, StepStatus::Planned));
    assert_eq!(unreachable(&world), ["owner@example.com"]);
}

/// Mails to the key owner wait; or nothing is heard of them.
fn keep_waiting(world: &World, is_recorded: bool) {
    let mut account = world.account();
    let theirs = account.mails.iter().filter(|mail| mail.to.role == RecipientRole::KeyOwner);
    let theirs: Vec<_> = theirs.map(|mail| mail.entry.notice_id.clone()).collect();
    for id in theirs {
        if is_recorded {
            account.notices.get_mut(&id).unwrap().state = NoticeState::Deferred;
        } else {
            account.notices.remove(&id);
        }
    }
}

#[test]
fn a_mail_that_waits_or_was_lost_is_asked_for_again_though_others_have_the_notice_and_the_grace_counts_from_it() {
    for is_recorded in [true, false] {
        let world = with_a_lost_key_owner();
        for _ in 0..3 {
            let begun = world.account().now;
            let run = night().on(&world).run();
            assert_eq!(run.digests.len(), 2, "asked for every night");
            keep_waiting(&world, is_recorded);
            next_night(&world, begun);
        }
        let sent = world.account().now;
        night().nights(&world, 16);
        let account = world.account();
        let inactive = account.history.iter().find(|event| event.what == What::MadeInactive).unwrap();
        assert!(inactive.at >= after(sent, Days(10)) && inactive.at < after(sent, Days(12)), "{}", inactive.at);
        let owners = account.mails.iter().filter(|mail| mail.to.role == RecipientRole::AccountOwner);
        let news = [Reason::RotationDue, Reason::NoticeRepeated];
        let about_new_key = owners.filter(|mail| news.contains(&mail.entry.reason));
        assert_eq!(about_new_key.count(), 1, "who has it gets no second one");
    }
}

#[test]
fn a_mail_that_waits_for_ever_holds_a_key_up_for_a_week_and_the_whole_grace_comes_after_it() {
    for grace in [10, 5] {
        let mut telling = night();
        telling.settings.policy.periods = Periods::new(Days(90), Days(90 + grace), Days(125 + grace)).unwrap();
        let world = with_a_lost_key_owner();
        let first = world.account().now;
        for _ in 0..25 {
            let begun = world.account().now;
            let _ = telling.on(&world).run();
            keep_waiting(&world, true);
            next_night(&world, begun);
        }
        let account = world.account();
        let inactive = account.history.iter().find(|event| event.what == What::MadeInactive).unwrap();
        let (earliest, latest) = (after(first, Days(7 + grace)), after(first, Days(9 + grace)));
        assert!(inactive.at >= earliest && inactive.at < latest, "a grace of {grace} days: {}", inactive.at);
    }
}

#[test]
fn a_tag_that_names_no_address_in_email_domains_is_reported_with_what_it_kept_back() {
    let world = with_a_lost_key_owner();
    let mut telling = night();
    telling.settings.audience.email_domains = vec!["example.org".to_owned()];
    let run = telling.on(&world).run();
    let row = run.result.steps.iter().find(|row| row.reason == Reason::OwnerUnreachable).unwrap();
    let why = "the tag KeyRotation:EMAIL names no plain address in EMAIL_DOMAINS, so no mail goes there";
    assert_eq!(row.error.as_deref(), Some(why));
    assert_eq!(unreachable(&world), ["owner@example.com"]);
    assert!(!serde_json::to_string(&run.result).unwrap().contains('@'));
}

#[test]
fn who_is_named_by_no_tag_is_told_before_all_whom_tags_name_and_capitals_make_no_other_recipient() {
    let world = empty_world();
    for number in 0..30 {
        let user = format!("user{number:02}");
        world.account().add_user_with_key(&user, 95);
        let address = if number < 20 { format!("a{number:02}@example.com") } else { format!("{number}@example.com") };
        let address = if number < 29 { address } else { "A00@Example.com".to_owned() };
        let tag = ("KeyRotation:EMAIL".to_owned(), address);
        world.account().user_mut(&user).tags = [tag].into();
    }
    let mut telling = night();
    telling.settings.audience.security_email = Some("security@example.com".to_owned());
    let digests = telling.on(&world).run().digests;
    let told: Vec<_> = digests.iter().map(|digest| digest.recipient.email.as_str()).collect();
    assert_eq!((told.len(), &told[..2]), (31, &["owner@example.com", "security@example.com"][..]));
    assert!(!told[2..].is_sorted(), "the addresses decide who comes first");
    let twice = digests.iter().filter(|digest| digest.recipient.email.eq_ignore_ascii_case("a00@example.com"));
    assert_eq!(twice.map(|digest| digest.entries.len()).collect::<Vec<_>>(), [2]);
}

#[test]
fn an_account_whose_address_is_not_plain_says_so_in_its_result_and_to_security() {
    let world = alice();
    let mut telling = Night { email: "The Owner <owner@example.com>".to_owned(), ..night() };
    telling.settings.audience.security_email = Some("security@example.com".to_owned());
    let run = telling.on(&world).run();
    let why = "the account's e-mail address in the event is no plain address, so its owner is told nothing";
    assert_eq!(run.result.error.as_deref(), Some(why));
    let row = run.result.steps.iter().find(|row| row.reason == Reason::OwnerUnreachable).unwrap();
    assert_eq!(row.error.as_deref(), Some(why));
    assert_eq!(unreachable(&world), ["security@example.com"]);
    let silent = Night { email: " ".to_owned(), ..telling };
    assert_eq!(silent.on(&world).run().result.error, None);
}

#[test]
fn a_team_in_the_owner_tag_is_no_address_and_no_fault() {
    for (value, rows) in [("payments", 0), ("pay@ments@example.com", 1)] {
        let world = alice();
        world.account().user_mut("alice").tags = [("team".to_owned(), value.to_owned())].into();
        let mut telling = night();
        telling.settings.audience.owner_tag = Some("team".to_owned());
        let _ = telling.on(&world).run();
        assert_eq!(unreachable(&world).len(), rows, "{value}");
    }
}

#[test]
fn owners_of_a_held_key_are_told_when_the_hold_ends_and_warned_of_it() {
    let world = world_with("alice", 90);
    world.account().user_mut("alice").habit = Habit::NeverInstalls;
    let mut overdue = 0;
    for _ in 0..45 {
        let begun = world.account().now;
        overdue += night().on(&world).run().result.overdue_keys();
        next_night(&world, begun);
    }
    let account = world.account();
    let inactive = account.history.iter().find(|event| event.what == What::MadeInactive).unwrap().at;
    let held: Vec<_> = account.mails.iter().filter(|mail| mail.entry.step == StepKind::Hold).collect();
    let announced = held.iter().map(|mail| mail.entry.due.unwrap().duration_since(inactive).as_mins().abs());
    assert!(announced.max().unwrap() < 60, "the day that the mails name");
    let days: Vec<_> = held.iter().map(|mail| inactive.duration_since(mail.at).as_hours() / 24).collect();
    assert_eq!(days, [29, 22, 15, 8, 6, 2, 1, 0]);
    assert!(overdue > 20, "a held key is overdue from its own day on: {overdue} nights");
}

#[test]
fn one_digest_per_recipient_holds_everything() {
    let world = empty_world();
    for number in 0..30 {
        world.account().add_user_with_key(&format!("user{number:02}"), 95);
    }
    let run = night().on(&world).run();
    assert_eq!(run.digests.len(), 1);
    assert_eq!(run.digests[0].entries.len(), 30);
}

#[test]
fn a_notice_is_repeated_until_it_is_recorded_as_sent_and_the_grace_counts_from_then() {
    let world = alice();
    world.account().behaviour.mail_is_down = true;
    for _ in 0..20 {
        let begun = world.account().now;
        let run = night().on(&world).run();
        assert_eq!(run.digests.len(), 1, "the notice is asked for every night");
        next_night(&world, begun);
    }
    assert_eq!(world.account().user("alice").keys.len(), 2);
    world.account().behaviour.mail_is_down = false;
    let sent = world.account().now;
    night().nights(&world, 20);
    let account = world.account();
    let inactive = account.history.iter().find(|event| event.what == What::MadeInactive).unwrap();
    assert!(inactive.at >= after(sent, Days(10)) && inactive.at < after(sent, Days(12)), "{}", inactive.at);
}

#[test]
fn a_notice_that_was_recorded_is_not_asked_for_again() {
    let world = alice();
    let begun = world.account().now;
    let _ = night().on(&world).run();
    next_night(&world, begun);
    let run = night().on(&world).run();
    assert!(run.digests.is_empty(), "{:?}", run.digests);
}

#[test]
fn where_nobody_can_be_told_nothing_is_made_inactive() {
    let world = alice();
    let silent = Night { email: String::new(), ..night() };
    silent.nights(&world, 120);
    assert!(world.account().history.iter().all(|event| event.what == What::Made));
    assert_eq!(world.account().user("alice").keys.len(), 2);
}

#[test]
fn a_failure_is_told_once_a_week() {
    let world = world_with("alice", 90);
    world.fail_every(Operation::PutPolicy, Fault::Denied);
    let mut asked = 0;
    for _ in 0..14 {
        let begun = world.account().now;
        let run = night().on(&world).run();
        asked += run.digests.len();
        next_night(&world, begun);
    }
    assert!((2..=3).contains(&asked), "asked for {asked} times in two weeks");
    let account = world.account();
    assert!(account.mails.iter().all(|mail| mail.entry.status == StepStatus::Failed));
    assert!(account.mails[0].entry.detail.as_ref().unwrap().contains("PutResourcePolicy"));
}

#[test]
fn the_mail_of_a_replacement_names_keys_secret_and_the_day() {
    let world = world_with("alice", 90);
    let now = world.account().now;
    let _ = night().on(&world).run();
    let account = world.account();
    let entry = &account.mails[0].entry;
    let keys: Vec<_> = account.user("alice").keys.iter().map(|key| Some(key.id.clone())).collect();
    assert_eq!([&entry.access_key_id, &entry.replacement], [&keys[0], &keys[1]]);
    assert_eq!((entry.step, entry.status, entry.reason), (StepKind::Create, StepStatus::Done, Reason::RotationDue));
    assert_eq!(entry.secret_name.as_deref(), Some(account.secret_name("alice").as_str()));
    let due = entry.due.unwrap();
    assert!(due >= after(now, Days(10)) && due < after(now, Days(11)), "{due}");
}

#[test]
fn no_secret_half_is_in_anything_that_leaves_the_engine() {
    let world = empty_world();
    for (number, habit) in
        [keywheel_testkit::Habit::Installs, keywheel_testkit::Habit::NeverInstalls].iter().enumerate()
    {
        let name = format!("user{number}");
        world.account().add_user_with_key(&name, 90);
        world.account().user_mut(&name).habit = *habit;
    }
    world.fail(Operation::PutPending, 1, Fault::Denied);
    let mut texts = Vec::new();
    for _ in 0..60 {
        let begun = world.account().now;
        let run = night().on(&world).run();
        texts.push(format!("{run:?} {}", serde_json::to_string(&run.result).unwrap()));
        texts.push(serde_json::to_string(&run.digests).unwrap());
        texts.push(serde_json::to_string(&world.account().ledger()).unwrap());
        next_night(&world, begun);
    }
    texts.push(format!("{:?}", world.account()));
    texts.push(format!("{:?}", world.calls()));
    assert_eq!(world.issued().len(), 2 + 3);
    assert!(texts.iter().all(|text| !world.leaks(text)));
    let inactive = |account: &keywheel_testkit::Account| {
        account.users.values().any(|user| user.keys.iter().any(|key| key.status == KeyStatus::Inactive))
    };
    assert!(inactive(&world.account()), "the nights went by without anything to tell");
    // The search does find what is there.
    let secret = world.issued()[0].clone();
    assert!(world.leaks(&format!("x{}x", secrecy::ExposeSecret::expose_secret(&secret))));
}

#[test]
fn a_notice_that_came_back_or_went_to_security_alone_begins_no_grace() {
    let world = alice();
    let mut telling = night();
    telling.settings.audience.security_email = Some("security@example.com".to_owned());
    for _ in 0..30 {
        let begun = world.account().now;
        let _ = telling.on(&world).run();
        {
            let mut account = world.account();
            let owners = account.mails.iter().filter(|mail| mail.to.role != RecipientRole::Security);
            let owners: Vec<_> = owners.map(|mail| mail.entry.notice_id.clone()).collect();
            for id in owners {
                account.notices.get_mut(&id).unwrap().state = NoticeState::Bounced;
            }
        }
        next_night(&world, begun);
    }
    let account = world.account();
    assert!(account.mails.iter().any(|mail| mail.to.role == RecipientRole::Security));
    assert!(account.history.iter().all(|event| event.what == What::Made), "{:?}", account.history);
}

#[test]
fn who_was_not_told_of_a_key_made_inactive_because_the_run_died_is_told_the_next_night_and_once() {
    assert_told_once(StepKind::Deactivate, Operation::UpdateAccessKey, Reason::DeactivationUntold);
}

#[test]
fn who_was_not_told_of_a_deleted_key_because_the_run_died_is_told_the_next_night_and_once() {
    assert_told_once(StepKind::Delete, Operation::DeleteAccessKey, Reason::DeletionUntold);
}

fn assert_told_once(kind: StepKind, operation: Operation, untold: Reason) {
    let eve = eve_of(alice(), &night(), kind);
    let calm = eve.fork();
    let _ = night().on(&calm);
    let calls = calm.calls();
    let made = calls.iter().position(|call| call.operation == operation).unwrap();
    let told = |world: &World| {
        let is_news = |entry: &DigestEntry| entry.step == kind || entry.reason == untold;
        let account = world.account();
        let owners = account.mails.iter().filter(|mail| mail.to.role == RecipientRole::AccountOwner);
        owners.filter(|mail| is_news(&mail.entry)).count()
    };
    // The last death is that of a process whose digests were never taken.
    for nth in made + 1..=calls.len() {
        let world = eve.fork();
        let begun = world.account().now;
        let told_before = told(&world);
        world.fail_call(nth, Fault::Death);
        let _ = night().without_mail(&world);
        world.forget();
        next_night(&world, begun);
        night().nights(&world, 10);
        assert_eq!(told(&world) - told_before, 1, "{kind:?}: death at call {nth} of {}", calls.len());
    }
}

#[test]
fn a_key_published_after_its_ledger_was_lost_is_announced_again_when_it_is_replaced_itself() {
    let mut world = alice();
    world.fail(Operation::MoveCurrent, 0, Fault::Denied);
    night().nights(&world, 1);
    world.account().set_ledger_text(None);
    world = eve_of(world, &night(), StepKind::Create);
    let published = world.account().mails.len();
    let run = night().on(&world).run();
    let (made, mails) = (row(&run.result, StepKind::Create), &world.account().mails[published..]);
    assert_eq!((made.1, mails.len()), (StepStatus::Done, 1), "{:?}", run.result.steps);
    assert_eq!(mails[0].entry.reason, Reason::RotationDue);
}
