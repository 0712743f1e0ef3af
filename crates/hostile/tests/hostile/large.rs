//! Inputs that are large, or nested deep: they take a time that grows no faster than they do.

use std::time::{Duration, Instant};

use keywheel_hostile::{
    HALF, credential_report, credentials_file, inventory_event, parameter_list, rotation_event, templates,
};

/// What takes time in the square of its length takes ten times as long.
const LONGEST: Duration = Duration::from_mins(1);
const MANY: usize = 40_000;

fn tried(check: fn(&[u8]), input: &str) {
    let begun = Instant::now();
    check(input.as_bytes());
    assert!(begun.elapsed() < LONGEST, "{:?} for {} bytes", begun.elapsed(), input.len());
}

fn numbered(line: impl Fn(usize) -> String, divider: &str) -> String {
    (0..MANY).map(line).collect::<Vec<_>>().join(divider)
}

#[test]
fn a_file_of_many_profiles_or_entries_is_read_in_one_go() {
    tried(credentials_file, &format!("[default]\n{}", numbered(|n| format!("a{n} = b"), "\n")));
    tried(credentials_file, &numbered(|n| format!("[p{n}]\na = b"), "\n"));
}

#[test]
fn a_list_and_a_report_of_many_entries_are_read_in_one_go() {
    let entry = |n| format!(r#"{{"users":["111122223333/u{n}"],"layout":"json","name":"n{n}"}}"#);
    tried(parameter_list, &format!(r#"{{"schema_version":1,"parameters":[{}]}}"#, numbered(entry, ",")));
    let header = "user,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_2_active,\
                  access_key_2_last_rotated,access_key_2_last_used_date";
    let row = |n| format!("u{n},true,2026-08-01T00:00:00+00:00,N/A,false,N/A,N/A");
    tried(credential_report, &format!("{header}\n{}", numbered(row, "\n")));
}

#[test]
fn an_error_about_a_large_event_is_short() {
    let long = HALF.repeat(50_000);
    tried(rotation_event, &format!(r#"{{"account":"111122223333","force_rotate":["{long}"]}}"#));
    tried(rotation_event, &format!(r#"{{"account":"111122223333","sweep":"{long}"}}"#));
    tried(inventory_event, &format!(r#"{{"accounts":"{long}"}}"#));
}

/// A stack that overflows ends the whole process, and no time limit helps.
#[test]
fn no_template_is_nested_too_deep() {
    // Tera refuses more than 256 parts, and what is just below that must have room.
    for times in [39, 120, 250, MANY] {
        for html in nested(times) {
            tried(templates, &format!("subject\u{1e}text\u{1e}{html}"));
        }
    }
}

fn nested(times: usize) -> [String; 11] {
    let around = |open: &str, inner: &str, close: &str| format!("{}{inner}{}", open.repeat(times), close.repeat(times));
    [
        format!("{{{{ {} }}}}", around("(", "1", ")")),
        format!("{{{{ {} }}}}", around("[", "1", "]")),
        format!("{{{{ {} }}}}", around("-", "1", "")),
        format!("{{{{ {} }}}}", around("not ", "true", "")),
        format!("{{{{ {} }}}}", around("", "1", " + 1")),
        format!("{{{{ {} }}}}", around("", "\"a\"", " ~ \"a\"")),
        format!("{{{{ {} }}}}", around("", "account", ".a")),
        format!("{{{{ {} }}}}", around("", "account", "[0]")),
        format!("{{{{ {} }}}}", around("", "\"a\"", " | upper")),
        around("{% if true %}", "x", "{% endif %}"),
        "{% component a() %}{{<a/>}}{% endcomponent a %}{{<a/>}}".to_owned(),
    ]
}
