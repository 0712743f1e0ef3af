use super::*;

/// The shipped mail.
fn shipped() -> Files {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates");
    let read = |name: String| {
        let bytes = std::fs::read(folder.join(&name)).ok()?;
        Some((name, bytes))
    };
    mails().iter().flat_map(|mail| parts(mail)).filter_map(read).collect()
}

/// A mail whose HTML part is sound but for what stands in the body.
fn with_body(body: &str) -> Files {
    with_html(&format!(
        "<!DOCTYPE html><html lang=\"en\" dir=\"ltr\">\n<head><title>t</title></head>\n<body><div lang=\"en\" dir=\"ltr\"><h1>{{{{ headline }}}}</h1>\n{body}\n</div></body></html>"
    ))
}

fn with_html(html: &str) -> Files {
    let [subject, text, body] = parts(mails()[0]);
    let files = [(subject, "{{ headline }}"), (text, "{{ headline }}"), (body, html)];
    files.into_iter().map(|(name, text)| (name, text.as_bytes().to_vec())).collect()
}

/// The findings as `file:line: rule: message`.
fn said(files: &Files) -> Vec<String> {
    let line = |found: &Finding| found.line.map_or_else(String::new, |line| format!(":{line}"));
    check(files)
        .iter()
        .map(|found| format!("{}{}: {}: {}", found.file, line(found), found.rule, found.message))
        .collect()
}

fn html_file() -> String {
    parts(mails()[0])[2].clone()
}

#[test]
fn the_shipped_templates_are_clean() {
    assert_eq!(said(&shipped()), Vec::<String>::new());
    assert!(!present(&shipped()).is_empty());
    assert!(previews(&shipped()).unwrap().len() > 3);
}

#[test]
fn a_sound_mail_is_clean() {
    let body = "<p style=\"color:#767676\">a <a href=\"https://example.com/keys\">page</a> <a href=\"mailto:a@example.com\">us</a></p>
        <table><tr><th scope=\"row\">a</th><td>b</td></tr></table><img alt=\"\" src=\"data:image/png;base64,AAAA\">";
    assert_eq!(said(&with_body(body)), Vec::<String>::new());
}

#[test]
fn every_fault_in_html_is_found_with_its_line() {
    let faults = [
        ("<p style=\"color:#777777\">x</p>", "contrast: #777777 on #ffffff has a contrast of 4.48 to 1 in the light"),
        ("<div style=\"background:#000\"><p>x</p></div>", "contrast: #000000 on #000000"),
        ("<a href=\"http://example.com/\">x</a>", "link: \"http://example.com/\" is not an https address"),
        ("<a href=\"javascript:go()\">x</a>", "link: \"javascript:go()\" is not an https address"),
        ("<a href=\"https://example.awsapps.com/start\">x</a>", "leads to a page that asks to sign in"),
        ("<img alt=\"\" src=\"https://example.com/pixel.gif\">", "remote: <img src> fetches"),
        ("<div style=\"background: url(https://example.com/a.png)\">x</div>", "remote: a style fetches"),
        ("<style>@import 'https://example.com/a.css';</style>", "remote: a style imports another one"),
        ("<form></form>", "remote: <form> has no place in a mail"),
        ("<p onclick=\"go()\">x</p>", "remote: <p onclick> is script"),
        ("<img src=\"data:image/png;base64,AAAA\">", "image: <img> without alt"),
        ("<h3>x</h3>", "heading: <h3> follows <h1>"),
        ("<h1>x</h1>", "heading: there is a second <h1>"),
        ("<table><tr><td>x</td></tr></table>", "table: a data table without <th>"),
        ("<table><tr><th>x</th></tr></table>", "table: <th> without scope"),
        ("<table role=\"presentation\"><tr><th scope=\"col\">x</th></tr></table>", "table: <th> in a table with role"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "secret: holds a private key"),
        ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "secret: holds what looks like the secret half"),
    ];
    for (body, expected) in faults {
        let said = said(&with_body(body));
        assert!(said.iter().any(|one| one.contains(expected)), "{body}: {said:#?}");
        assert!(said.iter().all(|one| !one.contains("wJalrXUtnFEMI")), "{said:#?}");
        // A heading of the first level stands on the line before, too.
        let line = if body == "<h1>x</h1>" { 3 } else { 4 };
        assert!(said.iter().any(|one| one.starts_with(&format!("{}:{line}: ", html_file()))), "{body}: {said:#?}");
    }
}

#[test]
fn the_dark_scheme_is_looked_at_by_itself() {
    let dark = |rule: &str| {
        with_html(&format!(
            "<html lang=en dir=ltr><head><title>t</title><meta name=\"color-scheme\" content=\"light dark\"><style>
            .a {{ color: #222222; background: #ffffff; }} @media (prefers-color-scheme: dark) {{ {rule} }}</style></head>
            <body><div lang=en dir=ltr class=a><h1>x</h1></div></body></html>"
        ))
    };
    assert_eq!(said(&dark(".a { color: #eeeeee; background: #222222 }")), Vec::<String>::new());
    let weak = said(&dark(".a { background: #333333 }"));
    assert!(weak.len() == 1 && weak[0].contains("#222222 on #333333") && weak[0].contains("dark"), "{weak:?}");
}

#[test]
fn what_is_hidden_or_styled_by_a_stronger_rule_is_not_complained_of() {
    let style = "<style>p { color: #eee } div p.k { color: #333 } .h { display: none }</style>";
    assert_eq!(said(&with_body(&format!("{style}<p class=k>x</p><p class=h>y</p>"))), Vec::<String>::new());
    assert_eq!(said(&with_body(&format!("{style}<p>x</p>"))).len(), 2);
}

#[test]
fn a_page_without_language_title_or_heading_is_complained_of() {
    let said = said(&with_html("<p>x</p>"));
    for expected in ["<html> has no lang and no dir", "the element in <body>", "has no title", "there is no heading"] {
        assert!(said.iter().any(|one| one.contains(expected)), "{expected}: {said:?}");
    }
}

#[test]
fn what_cannot_be_used_is_said_with_file_and_line() {
    let [subject, text, html] = parts(mails()[0]);
    let mut missing = with_body("x");
    missing.remove(&text);
    assert_eq!(said(&missing), [format!("{text}: missing-part: this part is missing")]);
    let unknown = said(&with_body("<p>\n{{ nonsense }}</p>"));
    assert!(unknown.len() == 1 && unknown[0].starts_with(&format!("{html}:5: template: ")), "{unknown:?}");
    let unclosed = said(&with_body("<p>\n{% if single %}</p>"));
    assert!(unclosed.len() == 1 && unclosed[0].starts_with(&format!("{html}:")), "{unclosed:?}");
    let mut latin = with_body("x");
    latin.insert(subject.clone(), vec![0xff]);
    assert_eq!(said(&latin), [format!("{subject}: template: this is not UTF-8 text after 0 bytes")]);
}

#[test]
fn a_mail_that_gmail_would_cut_is_complained_of() {
    let long = said(&with_body(&"<p>long</p>\n".repeat(8_500)));
    assert!(long.len() == 1 && long[0].contains("Gmail hides"), "{long:?}");
}

#[test]
fn the_text_part_is_looked_at_too() {
    let mut files = with_body("x");
    let [subject, text, _] = parts(mails()[0]);
    files.insert(text.clone(), b"a\nGo to http://example.com/x.".to_vec());
    files.insert(subject.clone(), b"AGE-SECRET-KEY-1QQQ".to_vec());
    let said = said(&files);
    assert!(said.contains(&format!("{text}:2: link: \"http://example.com/x\" is not an https address")), "{said:?}");
    assert!(said.contains(&format!("{subject}:1: secret: holds an age identity")), "{said:?}");
    // Also of what comes out, nothing is repeated.
    assert!(said.iter().any(|one| one.ends_with("comes out with an age identity")), "{said:?}");
    assert!(said.iter().all(|one| !one.contains("1QQQ")), "{said:?}");
}
