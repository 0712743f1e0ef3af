use std::fs;

use crate::support::{copy_templates, keywheel, templates};

#[test]
fn the_shipped_templates_are_clean() {
    let folder = tempfile::tempdir().unwrap();
    copy_templates(&folder.path().join("templates"));
    insta::assert_snapshot!(keywheel(folder.path(), ["template", "check"], "").shown(folder.path()));
}

#[test]
fn findings_are_data_with_file_line_and_hint() {
    let folder = tempfile::tempdir().unwrap();
    let mail = folder.path().join("digest");
    fs::create_dir(&mail).unwrap();
    fs::write(mail.join("subject.txt"), "{{ headline }}").unwrap();
    fs::write(mail.join("body.txt"), "See http://example.com/").unwrap();
    let html = "<html lang=en dir=ltr><head><title>t</title></head><body><div lang=en dir=ltr>\n<h1>x</h1>\n\
                <p style=\"color: #999999\">y</p>\n<img alt=\"\" src=\"https://example.com/a.gif\"></div></body></html>";
    fs::write(mail.join("body.html"), html).unwrap();
    insta::assert_snapshot!(keywheel(folder.path(), ["template", "check", "."], "").shown(folder.path()));
}

#[test]
fn a_variable_that_does_not_exist_and_a_missing_part_are_findings() {
    let folder = tempfile::tempdir().unwrap();
    copy_templates(&folder.path().join("templates"));
    fs::write(folder.path().join("templates/digest/body.txt"), "a\n{{ headlin }}\n").unwrap();
    insta::assert_snapshot!(keywheel(folder.path(), ["template", "check"], "").shown(folder.path()));
    fs::remove_file(folder.path().join("templates/digest/body.txt")).unwrap();
    let missing = keywheel(folder.path(), ["template", "check", "-q"], "");
    assert_eq!((missing.code, missing.err.as_str()), (3, ""));
    assert!(missing.out.starts_with("digest/body.txt: missing-part: "), "{}", missing.out);
}

#[test]
fn what_cannot_be_checked_is_an_error_with_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    insta::assert_snapshot!(keywheel(folder.path(), ["template", "check", "empty"], "").shown(folder.path()));
    let none = keywheel(folder.path(), ["template", "check", "nowhere"], "");
    assert_eq!((none.code, none.out.as_str()), (1, ""));
    assert!(none.err.starts_with("error: cannot read the folder nowhere: "), "{}", none.err);
    let wrong = keywheel(folder.path(), ["template", "check", "s3://No"], "");
    assert_eq!((wrong.code, wrong.out.as_str()), (2, ""));
    let no_region = keywheel(folder.path(), ["template", "check", "s3://bucket"], "");
    insta::assert_snapshot!("no_region", no_region.shown(folder.path()));
}

#[test]
fn previews_are_written_and_nobodys_files_are_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let shipped = templates().display().to_string();
    let call = ["template", "preview", &shipped, "--out", "out"];
    let written = keywheel(folder.path(), call, "");
    assert_eq!((written.code, written.out.as_str()), (0, "out/index.html\n"), "{}", written.err);
    let index = fs::read_to_string(folder.path().join("out/index.html")).unwrap();
    let sources: Vec<&str> = index.split("src=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(!sources.is_empty() && !index.contains("http"), "{index}");
    for source in sources {
        let html = fs::read_to_string(folder.path().join("out").join(source)).unwrap();
        let text = fs::read_to_string(folder.path().join("out").join(source.replace(".html", ".txt"))).unwrap();
        assert!(html.contains("</html>") && text.starts_with("Subject: "), "{source}");
    }
    assert_eq!(keywheel(folder.path(), call, "").code, 0);
    fs::create_dir(folder.path().join("mine")).unwrap();
    fs::write(folder.path().join("mine/index.html"), "mine").unwrap();
    let refused = keywheel(folder.path(), ["template", "preview", &shipped, "--out", "mine"], "");
    assert_eq!(refused.code, 2, "{}", refused.err);
    assert_eq!(fs::read_to_string(folder.path().join("mine/index.html")).unwrap(), "mine");
}

#[test]
fn broken_templates_have_no_preview_and_are_not_pushed() {
    let folder = tempfile::tempdir().unwrap();
    copy_templates(&folder.path().join("templates"));
    fs::write(folder.path().join("templates/digest/body.html"), "{% if ").unwrap();
    let preview = keywheel(folder.path(), ["template", "preview", "--out", "out"], "");
    assert_eq!(preview.code, 1, "{}", preview.err);
    assert!(preview.err.contains("hint: `keywheel template check templates`"), "{}", preview.err);
    assert!(!folder.path().join("out").exists());
    // Nothing listens there, so a call would fail.
    let push = ["template", "push", "templates", "s3://bucket", "--yes", "--endpoint-url", "http://127.0.0.1:1"];
    let pushed = keywheel(folder.path(), push, "");
    assert_eq!(pushed.code, 3, "{}", pushed.err);
    assert!(pushed.err.contains("nothing was uploaded"), "{}", pushed.err);
}

#[test]
fn help_has_examples_and_no_flag_takes_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    for verb in [&["template", "check"][..], &["template", "preview"], &["template", "push"], &["decrypt"]] {
        let help = keywheel(folder.path(), verb.iter().copied().chain(["--help"]), "");
        assert_eq!(help.code, 0);
        assert!(help.out.contains("Examples:\n  keywheel "), "{}", help.out);
        for word in ["--secret", "--password", "--token", "--access-key"] {
            assert!(!help.out.contains(word), "{}", help.out);
        }
    }
    insta::assert_snapshot!(keywheel(folder.path(), ["--help"], "").shown(folder.path()));
    assert_eq!(keywheel(folder.path(), ["--nonsense"], "").code, 2);
}

#[test]
fn only_files_that_are_templates_are_read_and_links_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("templates");
    copy_templates(&mine);
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    fs::write(folder.path().join("outside.txt"), secret).unwrap();
    fs::write(mine.join("digest/\u{1b}[2J.txt"), secret).unwrap();
    fs::write(mine.join("notes.html"), secret).unwrap();
    let ended = keywheel(folder.path(), ["template", "check"], "");
    assert_eq!((ended.code, ended.out.as_str()), (0, ""), "{}", ended.err);
    let link = mine.join("rotated/body.txt");
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink("../../outside.txt", &link).unwrap();
    for verb in [&["template", "check"][..], &["template", "push", "templates", "s3://bucket", "--dry-run"]] {
        let ended = keywheel(folder.path(), verb.iter().copied(), "");
        assert_eq!((ended.code, ended.out.as_str()), (1, ""), "{verb:?}: {}", ended.err);
        assert!(ended.err.contains("templates/rotated/body.txt is a symbolic link"), "{}", ended.err);
    }
    fs::remove_dir_all(mine.join("rotated")).unwrap();
    std::os::unix::fs::symlink("digest", mine.join("rotated")).unwrap();
    let ended = keywheel(folder.path(), ["template", "check"], "");
    assert!(ended.err.contains("templates/rotated is a symbolic link"), "{}", ended.err);
}

#[test]
fn a_preview_is_never_written_through_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let shipped = templates().display().to_string();
    let call = ["template", "preview", &shipped, "--out", "out"];
    assert_eq!(keywheel(folder.path(), call, "").code, 0);
    let outside = folder.path().join("outside");
    fs::write(&outside, "mine").unwrap();
    let written = fs::read_dir(folder.path().join("out/digest")).unwrap().next().unwrap().unwrap().path();
    for target in [written, folder.path().join("out/index.html")] {
        let text = fs::read(&target).unwrap();
        fs::remove_file(&target).unwrap();
        fs::write(&outside, &text).unwrap();
        std::os::unix::fs::symlink(&outside, &target).unwrap();
        let ended = keywheel(folder.path(), call, "");
        assert_eq!(ended.code, 1, "{}", ended.err);
        assert!(ended.err.contains("is a symbolic link"), "{}", ended.err);
        assert_eq!(fs::read(&outside).unwrap(), text);
        fs::remove_file(&target).unwrap();
        fs::write(&target, &text).unwrap();
    }
}
