use std::collections::HashSet;

use keywheel_engine::ports::PortError;

use crate::error::bad_answer;

/// Walks a list from page to page: short and empty pages count as pages, only the absence of a token ends the list.
///
/// The SDK's paginators take a repeated token for the end of the list, and half a list would look like a whole one; here it is an error.
pub(crate) struct Pages {
    operation: &'static str,
    next: Next,
    seen: HashSet<String>,
}

enum Next {
    First,
    Token(String),
    End,
}

impl Pages {
    pub(crate) fn of(operation: &'static str) -> Self {
        Self { operation, next: Next::First, seen: HashSet::new() }
    }

    /// Whether there is another page to ask for.
    pub(crate) fn more(&self) -> bool {
        !matches!(self.next, Next::End)
    }

    /// The token to ask the next page with; none for the first.
    pub(crate) fn token(&self) -> Option<String> {
        match &self.next {
            Next::Token(token) => Some(token.clone()),
            Next::First | Next::End => None,
        }
    }

    /// Takes the token that came with a page.
    pub(crate) fn answered(&mut self, token: Option<String>) -> Result<(), PortError> {
        self.next = match token.filter(|token| !token.is_empty()) {
            None => Next::End,
            Some(token) if self.seen.insert(token.clone()) => Next::Token(token),
            Some(_) => return Err(bad_answer(self.operation, "a page's token came a second time")),
        };
        Ok(())
    }

    /// Takes the marker that came with a page of IAM's or S3's, which say separately whether there are more.
    pub(crate) fn answered_where_truncated(
        &mut self,
        truncated: bool,
        marker: Option<String>,
    ) -> Result<(), PortError> {
        if truncated && marker.as_deref().unwrap_or_default().is_empty() {
            return Err(bad_answer(self.operation, "more pages are announced, but there is no marker"));
        }
        self.answered(if truncated { marker } else { None })
    }
}
