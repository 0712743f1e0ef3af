//! Credential reports as AWS writes them, as nobody should, and as bytes.

#![allow(clippy::unwrap_used, reason = "in tests a panic is the message")]

mod support;

use keywheel_core::credential_report::{CredentialReport, KeySlot, ReportRow};
use proptest::prelude::*;
use support::user_name;

const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,\
    mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,\
    access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,\
    access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated";

const NO_KEY: &str = "false,N/A,N/A,N/A,N/A";
const MADE: &str = "2026-08-01T00:00:00+00:00";

fn row(user: &str, first: &str, second: &str) -> String {
    let arn = format!("arn:aws:iam::111122223333:user/{user}");
    format!("{user},{arn},2025-01-01T00:00:00+00:00,false,N/A,N/A,N/A,false,{first},{second},false,N/A,false,N/A")
}

fn parse(rows: &[String]) -> CredentialReport {
    CredentialReport::parse(format!("{HEADER}\n{}", rows.join("\n")).as_bytes()).unwrap()
}

fn slots(user: &str, rows: &[String]) -> Option<[KeySlot; 2]> {
    parse(rows).row(&user_name(user)).map(|row| row.slots)
}

fn active(changed: &str, last_used: Option<&str>) -> KeySlot {
    let last_used = last_used.map(|used| used.parse().unwrap());
    KeySlot::Active { changed: changed.parse().unwrap(), last_used }
}

#[test]
fn keys_are_read_with_their_dates() {
    let used = format!("true,{MADE},2026-11-19T08:15:00+00:00,eu-central-1,s3");
    let never = format!("true,{MADE},N/A,N/A,N/A");
    let row = [row("alice", &used, &never)];
    let expected = [active(MADE, Some("2026-11-19T08:15:00Z")), active(MADE, None)];
    assert_eq!(slots("alice", &row), Some(expected));
    let read = parse(&row);
    let read = read.row(&user_name("alice")).unwrap();
    assert_eq!((read.keys(), read.active_keys()), (2, 2));
}

#[test]
fn an_inactive_key_is_shown_or_not() {
    let shown = format!("false,{MADE},2026-08-02T00:00:00+00:00,us-east-1,iam");
    let last_used = Some("2026-08-02T00:00:00Z".parse().unwrap());
    assert_eq!(
        slots("alice", &[row("alice", &shown, NO_KEY)]),
        Some([KeySlot::Inactive { changed: MADE.parse().unwrap(), last_used }, KeySlot::Empty])
    );
    assert_eq!(slots("alice", &[row("alice", NO_KEY, NO_KEY)]), Some([KeySlot::Empty; 2]));
}

#[test]
fn root_is_no_user_and_a_password_is_no_key() {
    let root = "<root_account>,arn:aws:iam::111122223333:root,2020-01-01T00:00:00+00:00,not_supported,2026-01-01T00:00:00+00:00,\
                not_supported,not_supported,true,true,2020-01-01T00:00:00+00:00,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A";
    let person = "anna,arn:aws:iam::111122223333:user/anna,2025-01-01T00:00:00+00:00,true,no_information,2025-01-01T00:00:00+00:00,N/A,true,\
                  false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A";
    let rows = [root.to_owned(), person.to_owned()];
    assert_eq!(slots("anna", &rows), Some([KeySlot::Empty; 2]));
    assert_eq!(parse(&rows), parse(&rows[1..]));
}

#[test]
fn further_columns_and_another_order_change_nothing() {
    let text = "access_key_2_last_used_date,access_key_2_last_rotated,access_key_2_active,access_key_1_last_used_date,\
                access_key_1_last_rotated,access_key_1_active,additional_credentials_info,user\n\
                N/A,N/A,false,no_information,2026-08-01T00:00:00+00:00,true,,bob\n";
    let read = CredentialReport::parse(text.as_bytes()).unwrap();
    assert_eq!(read.row(&user_name("bob")).unwrap().slots, [active(MADE, None), KeySlot::Empty]);
}

#[test]
fn a_row_that_cannot_be_believed_is_no_row() {
    for first in [
        "true,N/A,N/A,N/A,N/A",
        "TRUE,2026-08-01T00:00:00+00:00,N/A,N/A,N/A",
        ",2026-08-01T00:00:00+00:00,N/A,N/A,N/A",
        "true,soon,N/A,N/A,N/A",
        "true,2026-08-01T00:00:00+00:00,soon,N/A,N/A",
        "true,2026-08-01T00:00:00+00:00,N/A,N/A",
        "true,2026-08-01T00:00:00+00:00,N/A,N/A,N/A,one,two",
    ] {
        assert_eq!(slots("alice", &[row("alice", first, NO_KEY), row("bob", NO_KEY, NO_KEY)]), None, "{first}");
    }
    let twice = [row("alice", NO_KEY, NO_KEY), row("alice", NO_KEY, NO_KEY), row("alice", NO_KEY, NO_KEY)];
    assert_eq!(slots("alice", &twice), None, "two rows for one name");
    // A comma in a name that nobody quoted moves every field.
    assert_eq!(slots("a,b", &[row("a,b", NO_KEY, NO_KEY)]), None);
    assert_eq!(
        slots("a,b", &[row("\"a,b\"", NO_KEY, NO_KEY).replace("user/\"a,b\"", "user/a")]),
        Some([KeySlot::Empty; 2])
    );
}

#[test]
fn what_is_no_report_is_refused() {
    for (text, part) in [("", "no column"), ("{}", "no column"), ("user,arn\nalice,x\n", "access_key_1_active")] {
        let error = CredentialReport::parse(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(part), "{text:?}: {error}");
    }
}

proptest! {
    #![proptest_config(support::cases::usual(1_000))]

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = CredentialReport::parse(&bytes);
        let rows = [HEADER.as_bytes(), b"\n", &bytes].concat();
        let _ = CredentialReport::parse(&rows).map(|report| report.row(&user_name("alice")).copied().unwrap_or(ReportRow::default()));
    }

    /// A damaged byte makes a row another one or none, and leaves its neighbour's alone unless it hits the end of the line or opens quotes.
    #[test]
    fn a_damaged_row_says_nothing_of_others(place in 0_usize..40, byte in any::<u8>()) {
        prop_assume!(byte != b'\n' && byte != b'\r' && byte != b'"');
        let mut damaged = row("alice", NO_KEY, NO_KEY).into_bytes();
        damaged[place] = byte;
        let text = [HEADER.as_bytes(), b"\n", &damaged, b"\n", row("bob", NO_KEY, NO_KEY).as_bytes()].concat();
        let read = CredentialReport::parse(&text).unwrap();
        prop_assert_eq!(read.row(&user_name("bob")).unwrap().slots, [KeySlot::Empty; 2]);
    }
}
