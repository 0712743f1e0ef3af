//! What strangers can set, set as badly as they can: names, addresses, tags, paths, errors.

use keywheel_core::observed::LastUsed;
use keywheel_report::{Report, html};
use serde_json::Value;

use crate::dice::Dice;
use crate::organization::{Member, Trouble, look, policy, used};
use crate::sample::{add_user, twelve};

const ATTACKS: [&str; 9] = [
    "<img src=x onerror=\"window.owned=1\">",
    "</script><script>window.owned=1</script>",
    "</title></style><svg onload=window.owned=1>",
    "\" onmouseover=\"window.owned=1\" x=\"",
    "' autofocus onfocus='window.owned=1",
    "<!--<script>window.owned=1",
    "{{ 7 * 7 }} {% include \"page.html\" %}",
    "javascript:window.owned=1",
    "\u{2028}\u{202e}]]><base href=//evil.example>",
];

const DATA: &str = "<script type=\"application/json\" id=\"data\">";

pub(crate) fn attacked() -> Report {
    let mut dice = Dice(3);
    let mut members: Vec<_> = ATTACKS.iter().enumerate().map(|(number, attack)| Member::new(number, attack)).collect();
    for (member, attack) in members.iter_mut().zip(ATTACKS) {
        member.account.email = attack.to_owned();
        for number in 0..12 {
            add_user(member, &format!("u-{number}"), &mut dice);
        }
        member.user("used", 200, used(1, attack, attack)).arn = format!("arn:aws:iam::1:user/{attack}/used");
        member.replaced("held", 120, 20, used(1, attack, attack), LastUsed::Never);
        let exempt = member.user("exempt", 300, LastUsed::Never);
        exempt.tags.insert("KeyRotation:EXEMPT_UNTIL".to_owned(), attack.to_owned());
        exempt.tags.insert("KeyRotation:EXEMPT_REASON".to_owned(), attack.to_owned());
        member.trouble = Trouble::Partly(attack.to_owned());
    }
    members.push(Member::new(99, ATTACKS[0]));
    members[9].trouble = Trouble::Unreachable(ATTACKS[1].to_owned());
    look(&members, &policy())
}

#[test]
fn a_page_has_no_element_and_no_attribute_of_a_strangers_making() {
    let page = html::render(&attacked()).unwrap();
    let clean = html::render(&twelve()).unwrap();
    for opening in ["<script", "<style", "<title", "<!--", "</script>"] {
        assert_eq!(page.matches(opening).count(), clean.matches(opening).count(), "{opening}");
    }
    // Within the data these are texts of JSON, in an element that is never run.
    let (before, rest) = page.split_once(DATA).unwrap();
    let page = before.to_owned() + rest.split_once("</script>").unwrap().1;
    for element in ["<img", "<base", "<svg onload", "onerror=\"", "onfocus='"] {
        assert!(!page.contains(element), "{element}");
    }
    assert!(page.contains("{{ 7 * 7 }}"), "a template ran");
}

#[test]
fn the_data_of_a_page_is_whole_and_ends_nothing() {
    let report = attacked();
    let page = html::render(&report).unwrap();
    let (_, rest) = page.split_once(DATA).unwrap();
    let (data, _) = rest.split_once("</script>").unwrap();
    assert!(!data.contains(['<', '>', '&']));
    let data: Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["accounts"][0][1], ATTACKS[0]);
    for column in
        ["account", "user", "key", "other", "compliance", "status", "standing", "step", "reason", "age", "used", "due"]
    {
        assert_eq!(data[column].as_array().unwrap().len(), report.keys().count(), "{column}");
    }
}

#[test]
fn a_page_asks_nobody_for_anything_and_runs_its_own_script_alone() {
    let page = html::render(&attacked()).unwrap();
    let (_, policy) = page.split_once("http-equiv=\"Content-Security-Policy\" content=\"").unwrap();
    let (policy, _) = policy.split_once('"').unwrap();
    assert!(policy.starts_with("default-src &#39;none&#39;;"), "{policy}");
    assert!(!policy.contains("unsafe") && policy.matches("sha256-").count() == 2, "{policy}");
    for outside in ["src=\"http", "href=\"http", "url(", "@import", " style=\"", "<link", "<iframe"] {
        assert!(!page.contains(outside), "{outside}");
    }
}
