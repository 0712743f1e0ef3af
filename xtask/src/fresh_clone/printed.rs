//! What the README says that its commands print is what they print.

use std::env;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// Set to write the README's block anew where it says something else.
const UPDATE: &str = "UPDATE_DOCS";

/// The first block of this kind is what the commands print, or parts of it.
const BLOCK: &str = "\n```text\n";

/// Holds the README's block against what was printed. A line `…` stands for any lines, and so does an empty one, but only for whole paragraphs.
pub(super) fn hold(file: &Path, readme: &str, printed: &[String]) -> Result<()> {
    let from = readme.find(BLOCK).context("README.md has no `text` block of what its commands print")? + BLOCK.len();
    let to = from + readme[from..].find("```").context("the first `text` block of README.md does not end")?;
    let block: Vec<_> = readme[from..to].lines().collect();
    let Err(difference) = sample(&block, printed, fixed) else { return Ok(()) };
    if env::var_os(UPDATE).is_none() {
        bail!("README.md: {difference}; {UPDATE}=1 writes the block anew");
    }
    let sample = sample(&block, printed, shape).map_err(|difference| {
        anyhow::anyhow!("README.md: {difference}, nor anything like it: choose by hand what the block shows")
    })?;
    fs::write(file, format!("{}{}\n{}", &readme[..from], sample.join("\n"), &readme[to..]))
        .context("cannot write README.md")
}

/// The block with the lines that were printed in the place of its own, told apart by what `same` leaves of them; or what is not printed so.
fn sample(block: &[&str], printed: &[String], same: fn(&str) -> String) -> Result<Vec<String>, String> {
    let mut sample = Vec::new();
    let mut rest = printed.iter().map(String::as_str).peekable();
    let mut skips = true;
    for line in block {
        if line.trim() == "…" || line.is_empty() {
            if let (true, Some(next)) = (line.is_empty() && !skips, rest.peek().filter(|next| !next.is_empty())) {
                return Err(format!("after `{}` comes `{next}`", sample.last().map_or("", String::as_str)));
            }
            skips = true;
            sample.push((*line).to_owned());
            continue;
        }
        let is_line = |printed: &&str| same(printed) == same(line);
        let found = if skips { rest.find(is_line) } else { rest.next().filter(is_line) };
        sample.push(found.ok_or_else(|| format!("`{line}` is not printed there"))?.trim_end().to_owned());
        skips = false;
    }
    Ok(sample)
}

/// The line without what differs from night to night: ids, dates, seconds, and the port of the emulator.
fn fixed(line: &str) -> String {
    words(line, |word| {
        let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
        let is_date = word.len() == 10 && digits(word) == 8 && word.matches('-').count() == 2;
        let is_account = word.len() == 12 && is_number(word);
        let is_run = word.len() == 25 && word.get(8..9) == Some("T") && word.get(15..17) == Some("Z-");
        let is_seconds = word.split_once('.').is_some_and(|(whole, tenths)| is_number(whole) && is_number(tenths));
        let is_url = word.starts_with("http://127.0.0.1:");
        word.starts_with("AKIA…") || is_date || is_account || is_run || is_seconds || is_url
    })
}

/// The line without its key ids and numbers, for which the printed ones are taken.
fn shape(line: &str) -> String {
    words(line, |word| word.starts_with("AKIA…") || word.bytes().any(|b| b.is_ascii_digit()))
}

/// Its words, those for which there is another each time as `#`.
fn words(line: &str, varies: impl Fn(&str) -> bool) -> String {
    let word = |word| {
        let bare = str::trim_matches(word, ['(', ')', ',']);
        if varies(bare) { word.replace(bare, "#") } else { word.to_owned() }
    };
    line.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{fixed, hold, sample, shape};

    const PRINTED: &str = "   0.3 s  starting\n   4.1 s  2 accounts at http://127.0.0.1:41951\n\nbackup (092445321939, Platform)\n  2 keys\n  mirror  AKIA…4D1F  delete  2026-11-21\n\n\
                           lake (521972822441, Workloads)\n  9 keys\n  a  AKIA…4B48  warn     \n  b  AKIA…4B49  warn\n\nThe run 20261122T062336Z-bb117c88\n  warn.done 2\n";
    const BLOCK: &str = "   5.0 s  2 accounts at http://127.0.0.1:1\n\nbackup (111122223333, Platform)\n  2 keys\n  mirror  AKIA…0001  delete  2026-01-01\n\n\
                         lake (222233334444, Workloads)\n  9 keys\n  …\n  b  AKIA…0002  warn\n\nThe run 20260101T000000Z-00000000\n  warn.done 2";

    fn is_printed(block: &str, same: fn(&str) -> String) -> Result<Vec<String>, String> {
        let printed: Vec<_> = PRINTED.lines().map(str::to_owned).collect();
        sample(&block.lines().collect::<Vec<_>>(), &printed, same)
    }

    #[test]
    fn ids_dates_and_seconds_may_differ_and_nothing_else() {
        let written = is_printed(BLOCK, fixed).unwrap();
        assert_eq!(
            written[4..8],
            ["  mirror  AKIA…4D1F  delete  2026-11-21", "", "lake (521972822441, Workloads)", "  9 keys"]
        );
        for (there, other) in
            [("2 accounts", "3 accounts"), ("Platform", "Flat"), ("delete", "hold"), ("done 2", "done 3")]
        {
            assert!(is_printed(&BLOCK.replace(there, other), fixed).unwrap_err().contains(other), "{other}");
        }
    }

    #[test]
    fn a_line_more_in_a_paragraph_is_a_difference() {
        let without = BLOCK.replace("  mirror  AKIA…0001  delete  2026-01-01\n", "");
        assert!(is_printed(&without, fixed).unwrap_err().starts_with("after `  2 keys` comes `  mirror"));
        assert!(is_printed(&BLOCK.replace("  …\n", ""), fixed).unwrap_err().contains("not printed there"));
    }

    #[test]
    fn another_number_is_written_and_another_word_is_not() {
        let written = is_printed(&BLOCK.replace("done 2", "done 7").replace("9 keys", "8 keys"), shape).unwrap();
        assert_eq!((written[7].as_str(), written[12].as_str()), ("  9 keys", "  warn.done 2"));
        assert!(is_printed(&BLOCK.replace("mirror", "tape"), shape).is_err());
    }

    #[test]
    fn a_readme_without_the_block_is_an_error() {
        assert!(hold("README.md".as_ref(), "# A\n", &[]).is_err());
    }
}
