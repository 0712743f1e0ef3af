//! HTML as a row of tags and texts with their lines.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};

/// Elements that have no end (HTML standard, "Void elements").
const VOID: [&str; 13] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"];

/// A tag or a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Start(Element),
    End(String),
    Text(String),
}

/// A start tag.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
}

impl Element {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn is_void(&self) -> bool {
        VOID.contains(&self.name.as_str())
    }
}

/// The document's tags and texts in their order.
pub(super) fn nodes(html: &str) -> Vec<Node> {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(html));
    let tokenizer = Tokenizer::new(Sink::default(), TokenizerOpts::default());
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.nodes.into_inner()
}

/// Calls `each` with the open elements, outermost first, at every node; a start tag's own element is among them.
pub(super) fn walk<'a>(nodes: &'a [Node], mut each: impl FnMut(&[&'a Element], &'a Node)) {
    let mut open: Vec<&Element> = Vec::new();
    for node in nodes {
        match node {
            Node::Start(element) => {
                open.push(element);
                each(&open, node);
                if element.is_void() {
                    open.pop();
                }
            }
            Node::Text(_) => each(&open, node),
            Node::End(name) => {
                each(&open, node);
                if let Some(at) = open.iter().rposition(|element| element.name == *name) {
                    open.truncate(at);
                }
            }
        }
    }
}

#[derive(Default)]
struct Sink {
    nodes: RefCell<Vec<Node>>,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        let mut nodes = self.nodes.borrow_mut();
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::EndTag => nodes.push(Node::End(tag.name.to_string())),
            Token::TagToken(tag) => {
                let attributes =
                    tag.attrs.iter().map(|one| (one.name.local.to_string(), one.value.to_string())).collect();
                let name = tag.name.to_string();
                let raw = match name.as_str() {
                    "style" | "xmp" | "iframe" | "noembed" | "noframes" => Some(RawKind::Rawtext),
                    "script" => Some(RawKind::ScriptData),
                    "title" | "textarea" => Some(RawKind::Rcdata),
                    _ => None,
                };
                nodes.push(Node::Start(Element { name, attributes }));
                return raw.map_or(TokenSinkResult::Continue, TokenSinkResult::RawData);
            }
            Token::CharacterTokens(text) => match nodes.last_mut() {
                Some(Node::Text(before)) => before.push_str(&text),
                _ => nodes.push(Node::Text(text.to_string())),
            },
            _ => {}
        }
        TokenSinkResult::Continue
    }
}
