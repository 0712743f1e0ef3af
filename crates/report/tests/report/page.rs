//! What the page says: nothing that is not known.

use keywheel_core::acknowledgement::Hosts;
use keywheel_report::html;
use keywheel_report::model::Compliance;
use keywheel_report::table::{Options, plain, render};
use keywheel_report::text::day;

use crate::organization::{Member, look, policy, used};
use crate::sample::twelve;
use crate::stored::stored;

/// The text of a section, from its heading on.
fn section<'a>(page: &'a str, title: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("-title\">{title}</h2>")).unwrap();
    rest.split_once("</section>").unwrap().0
}

#[test]
fn a_stored_run_does_not_say_how_old_keys_are_nor_how_long_they_are_held() {
    let page = html::render(&stored()).unwrap();
    assert!(section(&page, "How old the keys are").contains("No age is known"));
    let holds = section(&page, "Old keys that are held");
    assert_eq!(holds.matches("not known").count(), 3, "since when, what uses it, and until when: {holds}");
    let needs = section(&page, "What needs a person first");
    assert!(needs.contains("unknown: no details") && needs.contains(">8<"), "{needs}");
}

#[test]
fn a_look_says_both_and_draws_the_thresholds() {
    let report = twelve();
    let page = html::render(&report).unwrap();
    let ages = section(&page, "How old the keys are");
    for threshold in ["replaced at 90", "inactive at 100", "deleted at 135"] {
        assert!(ages.contains(threshold), "{threshold}");
    }
    let holds = section(&page, "Old keys that are held");
    let held: Vec<_> = report.keys().map(|(_, key)| key).filter(|key| key.compliance == Compliance::Held).collect();
    assert!(!held.is_empty() && !holds.contains("not known"), "{holds}");
    for key in held {
        let used = key.last_use().unwrap();
        for needed in [day(key.hold_ends.unwrap()), used.service.clone(), key.access_key_id.shortened()] {
            assert!(holds.contains(&needed), "{needed}: {holds}");
        }
    }
    let ends: Vec<_> = report.keys().filter_map(|(_, key)| key.exemption.as_ref()?.until).collect();
    let exemptions = section(&page, "Exemptions");
    assert!(!ends.is_empty() && ends.iter().all(|end| exemptions.contains(&end.to_string())));
    let failures = section(&page, "Accounts of which not all is known");
    assert!(failures.contains("2 accounts unreachable") && failures.contains("&lt;account&gt;"), "{failures}");
}

#[test]
fn hosts_that_may_still_have_a_held_key_are_named() {
    let mut report = twelve();
    let mut keys = report.accounts.iter_mut().flat_map(|account| &mut account.keys);
    let held = keys.find(|key| key.compliance == Compliance::Held).unwrap();
    held.hosts = Hosts::of(["web-2", "web-1"].map(|name| name.parse().unwrap()));
    let page = html::render(&report).unwrap();
    assert!(section(&page, "Old keys that are held").contains("; still on web-1, web-2"), "{page}");
    let rows = plain(&render(&report, Options::default()));
    assert!(rows.contains(") on web-1, web-2"), "{rows}");
}

#[test]
fn the_bars_and_the_calendar_hold_every_key_that_they_can() {
    let report = twelve();
    let page = html::render(&report).unwrap();
    let numbers = |text: &str, before: &str, after: &str| -> usize {
        let parts = text.split(before).skip(1).filter_map(|part| part.split_once(after));
        parts.filter_map(|(number, _)| number.replace(',', "").parse::<usize>().ok()).sum()
    };
    let ages = section(&page, "How old the keys are");
    assert_eq!(numbers(ages, "<td class=\"number\">", "</td>"), report.totals.keys.listed);
    let calendar = section(&page, "What is due when");
    let shown = numbers(calendar, "<strong>", "</strong>")
        + numbers(calendar, "The day of ", " key")
        + numbers(calendar, "After them come ", " key");
    let due = report.keys().filter(|(_, key)| key.due.is_some() && key.next_step.is_some());
    let for_a_person = report
        .keys()
        .filter(|(_, key)| key.next_step.is_none() && matches!(key.compliance.as_str(), "overdue" | "due"));
    assert_eq!(shown, due.count() + for_a_person.count());
}

#[test]
fn a_key_is_in_the_bar_of_its_age() {
    for (age, bar) in [
        (0, "0 to 9 days"),
        (9, "0 to 9 days"),
        (10, "10 to 19 days"),
        (229, "220 to 229 days"),
        (230, "230 days and more"),
        (900, "230 days and more"),
    ] {
        let mut member = Member::new(1, "x");
        member.user("a", age, used(0, "s3", "x"));
        let page = html::render(&look(&[member], &policy())).unwrap();
        let row = format!("<th scope=\"row\">{bar}</th><td class=\"number\">1</td>");
        assert!(section(&page, "How old the keys are").contains(&row), "{age}");
    }
}
