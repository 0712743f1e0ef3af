//! What a pass does, and what it says when it cannot.

use keywheel_agent::{Failure, Outcome, RealDisk, Source, Trouble};

use crate::support::{BUCKET, Home, World, agent, id, pair, pass, run, text};

fn said(world: &World) -> Vec<String> {
    world.0.borrow().acknowledged.iter().map(|said| said.access_key_id.to_string()).collect()
}

fn later(world: &World, hours: i64) {
    world.0.borrow_mut().seconds += hours * 3_600;
}

#[test]
fn a_host_that_is_up_to_date_acknowledges_once_and_again_a_day_later() {
    let (world, home) = (World::with_keys(&[1]), Home::with(1));
    let first = pass(&world, &home).unwrap();
    assert_eq!((first.outcome, first.acknowledged), (Outcome::Current { key: id(1) }, true));
    assert!(!pass(&world, &home).unwrap().acknowledged);
    later(&world, 21);
    assert!(pass(&world, &home).unwrap().acknowledged);
    assert_eq!((said(&world), home.written()), (vec![id(1).to_string(), id(1).to_string()], text(1)));
}

#[test]
fn in_another_bucket_or_by_another_name_it_is_said_at_once() {
    let (world, home) = (World::with_keys(&[1]), Home::with(1));
    let mut agent = agent(&world, RealDisk);
    let mut says = |bucket: &str, host: &str| {
        (agent.bucket, agent.host) = (Some(bucket.to_owned()), host.parse().unwrap());
        run(agent.pass(&home.place, &Source::Secret(None))).unwrap().acknowledged
    };
    let said = [says(BUCKET, "web-1"), says(BUCKET, "web-1"), says("other", "web-1"), says("other", "web-2")];
    assert_eq!((said, says("other", "web-2")), ([true, false, true, true], false));
    let hosts: Vec<String> = world.0.borrow().acknowledged.iter().map(|said| said.host.to_string()).collect();
    assert_eq!(
        (hosts, world.0.borrow().buckets.clone()),
        (
            ["web-1", "web-1", "web-2"].map(str::to_owned).to_vec(),
            [BUCKET, "other", "other"].map(str::to_owned).to_vec(),
        )
    );
}

#[test]
fn a_new_key_is_proven_installed_and_acknowledged_and_the_old_half_is_kept_nowhere() {
    let (world, home) = (World::with_keys(&[1, 2]), Home::with(1));
    world.0.borrow_mut().late.insert(id(2).to_string(), 3);
    let outcomes = pass(&world, &home).unwrap();
    assert_eq!(outcomes.outcome, Outcome::Installed { old: id(1), new: id(2) });
    assert_eq!((home.written(), said(&world)), (text(2), vec![id(2).to_string()]));
    assert_eq!([home.copies(1), home.copies(2)], [0, 0]);
    let ack = world.0.borrow().acknowledged[0].clone();
    assert_eq!(ack.place().key(), "acks/111122223333/alice/web-1.json");
    assert_eq!(pass(&world, &home).unwrap().outcome, Outcome::Current { key: id(2) });
}

#[test]
fn after_a_rollback_the_old_key_comes_back_and_is_acknowledged() {
    let (world, home) = (World::with_keys(&[1, 2]), Home::with(2));
    world.0.borrow_mut().offered = Some(1);
    assert_eq!(pass(&world, &home).unwrap().outcome, Outcome::Installed { old: id(2), new: id(1) });
    assert_eq!((home.written(), said(&world)), (text(1), vec![id(1).to_string()]));
}

#[test]
fn the_record_of_an_old_key_is_nothing_to_install() {
    let (world, home) = (World::with_keys(&[1, 2]), Home::with(2));
    world.0.borrow_mut().without_half = true;
    let outcome = pass(&world, &home).unwrap().outcome;
    assert_eq!((outcome.code(), outcome), (0, Outcome::Current { key: id(2) }));
    world.0.borrow_mut().offered = Some(1);
    let outcome = pass(&world, &home).unwrap().outcome;
    assert_eq!((outcome.code(), outcome), (21, Outcome::NothingToInstall { key: id(2) }));
    assert_eq!(home.written(), text(2));
}

#[test]
fn a_key_that_does_not_work_yet_is_not_installed() {
    let (world, home) = (World::with_keys(&[1, 2]), Home::with(1));
    world.0.borrow_mut().works.remove(id(2).as_str());
    let failure = pass(&world, &home).unwrap_err();
    let Failure::NotProven { seconds, .. } = &failure else { panic!("{failure:?}") };
    assert!((50..=60).contains(seconds), "{seconds} s");
    assert_eq!((failure.code(), home.written(), home.copies(2)), (17, text(1), 0));
}

#[test]
fn a_new_key_is_called_too_new_only_for_what_passes() {
    let said = || "code".to_owned();
    let troubles = [
        (Trouble::KeyRefused(said()), 17),
        (Trouble::Denied(said()), 17),
        (Trouble::Unreachable(said()), 17),
        (Trouble::ClockOff(said()), 11),
        (Trouble::WrongHalf(said()), 20),
        (Trouble::Other(said()), 1),
    ];
    for (trouble, code) in troubles {
        let (world, home) = (World::with_keys(&[1, 2]), Home::with(1));
        world.0.borrow_mut().unproven.insert(id(2).to_string(), trouble.clone());
        let failure = pass(&world, &home).unwrap_err();
        assert_eq!((failure.code(), home.written()), (code, text(1)), "{trouble:?}: {failure}");
        assert_eq!(failure.hint().contains("the next pass tries again"), code == 17, "{}", failure.hint());
    }
}

#[test]
fn a_key_of_somebody_else_is_not_installed() {
    let (world, home) = (World::with_keys(&[1, 2]), Home::with(1));
    world.0.borrow_mut().works.insert(id(2).to_string(), "bob".to_owned());
    let failure = pass(&world, &home).unwrap_err();
    assert_eq!((failure.code(), home.written()), (19, text(1)));
    assert!(failure.to_string().contains("user bob of account 111122223333, not to user alice"), "{failure}");
}

#[test]
fn a_host_that_was_away_for_too_long_is_told_so_and_nothing_is_broken() {
    let (world, home) = (World::with_keys(&[3]), Home::with(1));
    let failure = pass(&world, &home).unwrap_err();
    assert_eq!((failure.code(), home.written()), (10, text(1)));
    assert!(failure.hint().contains("away for too long"), "{}", failure.hint());
}

#[test]
fn every_trouble_with_aws_has_its_code_and_changes_nothing() {
    let text_of = || "code".to_owned();
    let troubles = [
        (Trouble::ClockOff(text_of()), 11),
        (Trouble::Unreachable(text_of()), 12),
        (Trouble::Denied(text_of()), 16),
        (Trouble::NothingThere(text_of()), 20),
        (Trouble::NotAKey(text_of()), 20),
        (Trouble::WrongHalf(text_of()), 10),
        (Trouble::Other(text_of()), 1),
    ];
    for (trouble, code) in troubles {
        for call in ["identity", "fetch"] {
            let (world, home) = (World::with_keys(&[1, 2]), Home::with(1));
            world.0.borrow_mut().trouble.insert(call, trouble.clone());
            let failure = pass(&world, &home).unwrap_err();
            assert_eq!((failure.code(), home.written()), (code, text(1)), "{call}: {failure}");
            let says = usize::from(call == "fetch");
            assert_eq!((failure.hint().is_empty(), said(&world).len()), (false, says), "{call}: {failure}");
        }
    }
}

#[test]
fn an_acknowledgement_that_fails_leaves_the_new_key_in_place_and_is_said_again() {
    let (world, home) = (World::with_keys(&[1, 2]), Home::with(1));
    world.0.borrow_mut().trouble.insert("acknowledge", Trouble::Denied("AccessDenied".to_owned()));
    let failure = pass(&world, &home).unwrap_err();
    assert_eq!((failure.code(), home.written()), (18, text(2)));
    assert!(failure.hint().contains("keywheel-host"));
    world.0.borrow_mut().trouble.clear();
    assert!(pass(&world, &home).unwrap().acknowledged);
}

#[test]
fn without_a_bucket_nothing_is_acknowledged() {
    let (world, home) = (World::with_keys(&[1, 2]), Home::with(1));
    let mut silent = agent(&world, RealDisk);
    silent.bucket = None;
    run(silent.pass(&home.place, &Source::Secret(None))).unwrap();
    assert_eq!((home.written(), said(&world).len()), (text(2), 0));
}

#[test]
fn a_look_changes_nothing() {
    let (world, home) = (World::with_keys(&[1, 2]), Home::with(1));
    let before = home.files();
    let standing = run(agent(&world, RealDisk).look(&home.place, &Source::Secret(None))).unwrap();
    assert_eq!((standing.key, standing.offered.unwrap().unwrap()), (id(1), id(2)));
    assert_eq!((home.files(), said(&world).len(), standing.acknowledged), (before, 0, None));
}

#[test]
fn no_message_shows_a_secret_half() {
    let (world, home) = (World::with_keys(&[1, 2]), Home::with(1));
    let agent = agent(&world, RealDisk);
    let outcomes = run(agent.pass(&home.place, &Source::Secret(None)));
    let held = keywheel_agent::held(&RealDisk, &home.place);
    let shown = format!("{outcomes:?} {held:?} {:?}", pair(2));
    assert!(!shown.contains("half/of"), "{shown}");
}
