//! Odd files: most of them such as people write, some such as nobody should.

use keywheel_agent::file::Kind;

/// Chance, from a seed.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators").
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % u64::try_from(end).unwrap()).unwrap()
    }

    pub(crate) fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    pub(crate) fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

const CREDENTIALS: [&str; 8] = ["default", "work", "other", "my web", "a.b-c_d", " work", "work ", "profile work"];
const CONFIG: [&str; 12] = [
    "default",
    "profile work",
    "profile other",
    "profile \"my web\"",
    "profile 'my web'",
    "profile  work",
    "profile work ",
    "work",
    "profile my web",
    "sso-session work",
    "services s",
    "profile wo\"rk",
];
const ODD_LINES: [&str; 16] = [
    "# comment",
    "; comment = x",
    "   # indented",
    "",
    "   ",
    "\t",
    "s3 =",
    "  nested = 1",
    "    nested: 2",
    "[broken",
    "no delimiter",
    "= no name",
    "ä = ö",
    "region = eu-central-1 # mine",
    "[a] # see [b]",
    "a = b\u{a0}",
];

/// A file.
pub(crate) fn file(chance: &mut Chance, kind: Kind, profile: &str) -> String {
    let end = if chance.percent(20) { "\r\n" } else { "\n" };
    let mut text = String::new();
    let mut line = |chance: &mut Chance, content: &str| {
        text.push_str(content);
        text.push_str(if chance.percent(1) { "\n\n" } else { end });
    };
    if chance.percent(30) {
        line(chance, "# at the top");
    }
    let sections = 1 + chance.below(4);
    let meant = chance.below(sections + 1);
    for number in 0..sections {
        let names: &[&str] = if kind == Kind::Config { &CONFIG } else { &CREDENTIALS };
        let usual = match (kind, profile) {
            (Kind::Config, "default") | (Kind::Credentials, _) => profile.to_owned(),
            (Kind::Config, _) => format!("profile {}{profile}{0}", chance.pick(&["\"", "\"", "'", ""])),
        };
        let header = if number == meant { usual } else { chance.pick(names).to_owned() };
        let after = if chance.percent(3) { chance.pick(&[" ", " junk", " # mine"]) } else { "" };
        line(chance, &format!("[{header}]{after}"));
        for entry in section(chance) {
            line(chance, &entry);
        }
    }
    if chance.percent(15) {
        text.truncate(text.trim_end_matches(['\r', '\n']).len());
    }
    text
}

fn section(chance: &mut Chance) -> Vec<String> {
    let id = format!("AKIA{:016}", chance.below(1_000_000));
    let half =
        format!("{}{:030}", chance.pick(&["half/", "ha+lf", "=h:a;", "#half", "h%(a)s"]), chance.below(1_000_000));
    let mut lines = Vec::new();
    if chance.percent(85) {
        lines.push(entry(chance, "aws_access_key_id", &id));
    }
    if chance.percent(85) {
        lines.push(entry(chance, "aws_secret_access_key", &half));
    }
    if chance.percent(30) {
        lines.reverse();
    }
    for (name, value, often) in [
        ("region", "eu-central-1", 40),
        ("output", "json", 20),
        ("aws_session_token", "token", 3),
        ("aws_access_key_id", "AKIADOUBLE0000000000", 2),
        ("credential_process", "\"/opt/a b\" --x=y", 10),
    ] {
        if chance.percent(often) {
            let place = chance.below(lines.len() + 1);
            let line = entry(chance, name, value);
            lines.insert(place, line);
        }
    }
    while chance.percent(20) {
        let place = chance.below(lines.len() + 1);
        // Lines that no parser takes are rare, or nothing would be accepted.
        let odd = if chance.percent(12) { chance.pick(&ODD_LINES[9..]) } else { chance.pick(&ODD_LINES[..9]) };
        lines.insert(place, odd.to_owned());
    }
    lines
}

fn entry(chance: &mut Chance, name: &str, value: &str) -> String {
    let indent = if chance.percent(6) { chance.pick(&[" ", "  ", "\t"]) } else { "" };
    let name = if chance.percent(5) { name.to_uppercase() } else { name.to_owned() };
    let delimiter = chance.pick(&[" = ", " = ", "=", "= ", " : ", ":", "\t=\t", "   =   "]);
    let after = if chance.percent(6) { chance.pick(&[" ", "\t", " # comment", " ; comment", " more"]) } else { "" };
    format!("{indent}{name}{delimiter}{value}{after}")
}
