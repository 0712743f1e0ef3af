//! The commands in pages that need nothing are run, and print what the page says.
//!
//! Not with trycmd, which brings sixteen crates into the workspace for what is two functions in crates/pages.

use std::fs;
use std::path::{Path, PathBuf};

use keywheel_pages::{Place, commands, is_as, pages_in};

use crate::support::keywheel;

#[test]
fn console_blocks_print_what_the_pages_say() {
    let mut run = 0;
    for page in ["docs", "docs/migrate"].into_iter().flat_map(|folder| pages_in(&root().join(folder)).unwrap()) {
        for command in commands(&fs::read_to_string(&page).unwrap()) {
            let Place::Block { kind, code, output } = &command.place else { continue };
            if kind != "console" {
                continue;
            }
            let name = format!("{}: {}", page.display(), command.text);
            let arguments = command.arguments_of("keywheel").unwrap_or_else(|| panic!("{name}: another program"));
            let ended = keywheel(&root().join("docs"), arguments.iter().map(String::as_str), "");
            let printed = format!("{}{}", ended.out, ended.err);
            assert_eq!(ended.code, *code, "{name}\n{printed}");
            assert!(is_as(&printed, output), "{name}\n{printed}\nand not\n{output}");
            run += 1;
        }
    }
    assert!(run >= 2, "only {run} commands were found");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}
