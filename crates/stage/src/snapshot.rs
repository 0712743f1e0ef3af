//! What the command line prints, held against files, with what differs from day to day masked.

#[cfg(test)]
mod pages;

use std::path::Path;

use anyhow::Context;

use crate::command_line::Ended;

/// What is wrong with exit code, standard output and standard error, held against `snapshots/<name>.txt`. `UPDATE_SNAPSHOTS=1` writes the
/// file anew.
pub(crate) fn differences(name: &str, ended: &Ended) -> anyhow::Result<Vec<String>> {
    let code = ended.code.map_or_else(|| "none".to_owned(), |code| code.to_string());
    let shown = format!("exit code: {code}\n----- stdout\n{}----- stderr\n{}", ended.out, ended.err);
    let found = masked(&shown);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots").join(format!("{name}.txt"));
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&file, &found).with_context(|| format!("cannot write {}", file.display()))?;
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    if kept == found {
        return Ok(Vec::new());
    }
    let lines = found.lines().filter(|line| !kept.lines().any(|one| one == *line)).map(|line| format!("+ {line}"));
    let gone = kept.lines().filter(|line| !found.lines().any(|one| one == *line)).map(|line| format!("- {line}"));
    let mut wrong: Vec<_> = gone.chain(lines).collect();
    wrong.push(format!("{} holds something else; UPDATE_SNAPSHOTS=1 writes it anew", file.display()));
    Ok(wrong)
}

/// The text with account ids, key ids, organization ids, dates and times masked, each in its own length.
pub(crate) fn masked(text: &str) -> String {
    let mut masked = String::new();
    let mut word = String::new();
    let mut characters = text.chars().chain(['\n']).peekable();
    while let Some(c) = characters.next() {
        let is_point = c == '.' && characters.peek().is_some_and(char::is_ascii_digit);
        if c.is_alphanumeric() || matches!(c, '-' | '…' | ':') || is_point {
            word.push(c);
        } else {
            masked.push_str(&masked_word(&word));
            masked.push(c);
            word.clear();
        }
    }
    masked.pop();
    masked
}

fn masked_word(word: &str) -> String {
    let hidden = |keep: usize| -> String {
        word.chars().enumerate().map(|(place, c)| if place >= keep && c.is_alphanumeric() { '#' } else { c }).collect()
    };
    let digits =
        |from: usize, to: usize| word.get(from..to).is_some_and(|part| part.bytes().all(|b| b.is_ascii_digit()));
    let is_date = digits(0, 4) && digits(5, 7) && digits(8, 10) && word.get(4..5) == Some("-");
    let is_account = |part: &str| part.len() == 12 && part.bytes().all(|b| b.is_ascii_digit());
    match word {
        _ if word.starts_with("AKIA") => hidden(4),
        _ if word.starts_with("o-") => hidden(2),
        // AWS's dates have whole seconds, and the own clock's a fraction of any length.
        _ if is_date => hidden(0).split('.').next().unwrap_or_default().to_owned(),
        _ => {
            let mask = |part: &str| if is_account(part) { "#".repeat(12) } else { part.to_owned() };
            word.split(':').map(mask).collect::<Vec<_>>().join(":")
        }
    }
}

/// The text with ids of runs masked, which no two calls share: `20261120T020007Z-1a2b3c4d`.
pub(crate) fn without_runs(text: &str) -> String {
    let mut parts = text.split("Z-");
    let mut masked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let date = masked.len().saturating_sub("20261120T020007".len());
        let is_run = masked.get(date..).is_some_and(|date| date.bytes().all(|b| b.is_ascii_digit() || b == b'T'));
        match part.get(8..).filter(|_| is_run) {
            Some(rest) => {
                masked.truncate(date);
                masked += "[run]";
                masked += rest;
            }
            None => masked = masked + "Z-" + part,
        }
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_day_to_day_is_masked_in_its_length() {
        let text =
            "111122223333 AKIA…7Q2X 2026-11-20T02:00:07Z arn:aws:iam::111122223333:role/x deploy-bot 12 (o-abc123)";
        let masked = masked(text);
        assert_eq!(
            masked,
            "############ AKIA…#### ####-##-#####:##:### arn:aws:iam::############:role/x deploy-bot 12 (o-######)"
        );
        assert_eq!(masked.chars().count(), text.chars().count());
    }
}
