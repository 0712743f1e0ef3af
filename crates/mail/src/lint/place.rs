//! Where in the templates the cause of a fault stands.

use super::Files;

/// The file and line that hold the cause: the part's own file first, then every other. Without one, the part as a whole.
pub(super) fn of(files: &Files, part: &str, cause: Option<&str>) -> (String, Option<usize>) {
    let Some(cause) = cause.filter(|cause| !cause.is_empty()) else { return (part.to_owned(), None) };
    let ending = part.rsplit('.').next().unwrap_or_default();
    let others = files.keys().filter(|name| *name != part && name.ends_with(ending));
    let mut all = std::iter::once(part).chain(others.map(String::as_str));
    let found = all.find_map(|name| Some((name.to_owned(), Some(line_with(files, name, cause)?))));
    found.unwrap_or_else(|| (part.to_owned(), None))
}

/// The first line of the file that holds the text, letters of either case.
pub(super) fn line_with(files: &Files, name: &str, text: &str) -> Option<usize> {
    let file = String::from_utf8_lossy(files.get(name)?).to_lowercase();
    let text = text.to_lowercase();
    file.lines().position(|line| line.contains(&text)).map(|index| index + 1)
}

/// The number that stands right after the file's name and a colon in an error.
pub(super) fn line_after(why: &str, file: &str) -> Option<usize> {
    why.match_indices(file).find_map(|(at, _)| {
        let rest = why[at + file.len()..].strip_prefix(':')?;
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..digits].parse().ok()
    })
}
