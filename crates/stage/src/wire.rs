//! HTTP/1.1 messages as they stand on the wire: read whole, passed on unchanged.

use std::io::{BufRead, Error, ErrorKind, Read, Result, Write};

/// A request or an answer.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    head: String,
    body: Vec<u8>,
}

impl Message {
    /// An answer of our own.
    pub(crate) fn answer(status: &str, headers: &[(&str, &str)], body: &[u8]) -> Self {
        let lines: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!("HTTP/1.1 {status}\r\n{}Content-Length: {}\r\n\r\n", lines.concat(), body.len());
        Self { head, body: body.to_vec() }
    }

    /// The next request of a connection; none when the other side has closed it.
    pub(crate) fn request(from: &mut impl BufRead) -> Result<Option<Self>> {
        let Some(head) = head(from)? else { return Ok(None) };
        let mut message = Self { head, body: Vec::new() };
        message.body = message.read_body(from, false)?;
        Ok(Some(message))
    }

    /// The answer to a request that was just sent.
    pub(crate) fn answer_to(request: &Self, from: &mut impl BufRead) -> Result<Self> {
        let head = head(from)?.ok_or(ErrorKind::UnexpectedEof)?;
        let mut message = Self { head, body: Vec::new() };
        if request.method() != "HEAD" && !matches!(message.status(), Some(204 | 304)) {
            message.body = message.read_body(from, true)?;
        }
        Ok(message)
    }

    pub(crate) fn write(&self, to: &mut impl Write) -> Result<()> {
        to.write_all(&[self.head.as_bytes(), &self.body].concat())?;
        to.flush()
    }

    /// The method of a request.
    pub(crate) fn method(&self) -> &str {
        self.word(0)
    }

    /// What a request is for: path and query.
    pub(crate) fn target(&self) -> &str {
        self.word(1)
    }

    /// The status of an answer.
    pub(crate) fn status(&self) -> Option<u16> {
        self.word(1).parse().ok()
    }

    /// The value of a header; empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        let mut values = lines.filter(|(header, _)| header.eq_ignore_ascii_case(name));
        values.next().map_or("", |(_, value)| value.trim())
    }

    /// The body as it stood on the wire.
    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    fn word(&self, number: usize) -> &str {
        self.head.split_whitespace().nth(number).unwrap_or_default()
    }

    fn read_body(&self, from: &mut impl BufRead, may_end_with_connection: bool) -> Result<Vec<u8>> {
        if self.header("transfer-encoding").eq_ignore_ascii_case("chunked") {
            return chunks(from);
        }
        let mut body = Vec::new();
        match self.header("content-length") {
            "" if may_end_with_connection => drop(from.read_to_end(&mut body)?),
            "" => {}
            length => {
                let length = length.parse().map_err(|_| Error::from(ErrorKind::InvalidData))?;
                body.resize(length, 0);
                from.read_exact(&mut body)?;
            }
        }
        Ok(body)
    }
}

fn head(from: &mut impl BufRead) -> Result<Option<String>> {
    let mut head = String::new();
    loop {
        let before = head.len();
        if from.read_line(&mut head)? == 0 {
            return if head.is_empty() { Ok(None) } else { Err(ErrorKind::UnexpectedEof.into()) };
        }
        if head[before..].trim_end().is_empty() {
            return Ok(Some(head));
        }
    }
}

/// A chunked body with its sizes and trailers.
fn chunks(from: &mut impl BufRead) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let size = line(from, &mut body)?;
        let digits = size.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(digits, 16).map_err(|_| Error::from(ErrorKind::InvalidData))?;
        if size == 0 {
            while !line(from, &mut body)?.trim_end().is_empty() {}
            return Ok(body);
        }
        from.take(size + 2).read_to_end(&mut body)?;
    }
}

fn line(from: &mut impl BufRead, body: &mut Vec<u8>) -> Result<String> {
    let mut line = String::new();
    if from.read_line(&mut line)? == 0 {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    body.extend_from_slice(line.as_bytes());
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed_on(message: &Message) -> String {
        let mut written = Vec::new();
        message.write(&mut written).unwrap();
        String::from_utf8(written).unwrap()
    }

    #[test]
    fn two_requests_on_one_connection_are_told_apart_and_passed_on_unchanged() {
        let first = "POST /a?b HTTP/1.1\r\nHost: x\r\ncontent-length: 3\r\n\r\nabc";
        let second = "PUT /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-sum: 1\r\n\r\n";
        let both = format!("{first}{second}");
        let mut from = both.as_bytes();
        let message = Message::request(&mut from).unwrap().unwrap();
        assert_eq!((message.method(), message.target(), message.header("HOST")), ("POST", "/a?b", "x"));
        assert_eq!(passed_on(&message), first);
        assert_eq!(passed_on(&Message::request(&mut from).unwrap().unwrap()), second);
        assert!(Message::request(&mut from).unwrap().is_none());
    }

    #[test]
    fn an_answer_without_length_ends_with_its_connection_and_one_to_head_has_no_body() {
        let request = |text: &str| Message::request(&mut text.as_bytes()).unwrap().unwrap();
        let (get, head) = (request("GET / HTTP/1.1\r\n\r\n"), request("HEAD / HTTP/1.1\r\n\r\n"));
        let answer = "HTTP/1.1 200 OK\r\n\r\nabc";
        assert_eq!(passed_on(&Message::answer_to(&get, &mut answer.as_bytes()).unwrap()), answer);
        let answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n";
        let message = Message::answer_to(&head, &mut answer.as_bytes()).unwrap();
        assert_eq!((message.status(), message.body().len()), (Some(404), 0));
    }
}
