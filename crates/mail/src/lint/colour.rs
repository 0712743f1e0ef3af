//! Colours, and how well one reads on another.

/// A colour without transparency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Colour(pub(super) [u8; 3]);

pub(super) const BLACK: Colour = Colour([0, 0, 0]);
pub(super) const WHITE: Colour = Colour([255, 255, 255]);

/// The names that mails use; CSS knows more.
const NAMES: [(&str, u32); 16] = [
    ("black", 0x00_0000),
    ("white", 0xff_ffff),
    ("gray", 0x80_8080),
    ("grey", 0x80_8080),
    ("silver", 0xc0_c0c0),
    ("red", 0xff_0000),
    ("maroon", 0x80_0000),
    ("yellow", 0xff_ff00),
    ("olive", 0x80_8000),
    ("lime", 0x00_ff00),
    ("green", 0x00_8000),
    ("aqua", 0x00_ffff),
    ("teal", 0x00_8080),
    ("blue", 0x00_00ff),
    ("navy", 0x00_0080),
    ("orange", 0xff_a500),
];

impl Colour {
    /// Reads a colour as CSS writes it; none for what is none, or is transparent.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        if let Some(digits) = text.strip_prefix('#') {
            return Self::hexadecimal(digits);
        }
        if let Some(inner) = text.strip_prefix("rgb").and_then(|rest| rest.split_once('(')?.1.strip_suffix(')')) {
            let mut numbers = inner.split([',', ' ', '/']).filter(|part| !part.is_empty());
            let mut next = || numbers.next()?.parse().ok();
            return Some(Self([next()?, next()?, next()?]));
        }
        NAMES.iter().find(|(name, _)| *name == text).map(|(_, number)| Self::number(*number))
    }

    fn hexadecimal(digits: &str) -> Option<Self> {
        let number = u32::from_str_radix(digits, 16).ok()?;
        match digits.len() {
            3 => {
                let digit = |shift: u32| (number >> shift & 0xf) * 0x11;
                Some(Self::number(digit(8) << 16 | digit(4) << 8 | digit(0)))
            }
            6 => Some(Self::number(number)),
            _ => None,
        }
    }

    pub(super) fn number(number: u32) -> Self {
        let [_, red, green, blue] = number.to_be_bytes();
        Self([red, green, blue])
    }

    /// The relative luminance (WCAG 2.2, "relative luminance").
    fn luminance(self) -> f64 {
        let linear = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        linear[0].mul_add(0.2126, linear[1].mul_add(0.7152, linear[2] * 0.0722))
    }

    /// The contrast ratio (WCAG 2.2, "contrast ratio"): 1 to 21.
    pub(super) fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }
}

impl std::fmt::Display for Colour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_in_every_notation() {
        let blue = Colour([0x0b, 0x5c, 0xad]);
        assert_eq!(Colour::parse(" #0B5CAD "), Some(blue));
        assert_eq!(Colour::parse("rgb(11, 92, 173)"), Some(blue));
        assert_eq!(Colour::parse("#fff"), Some(WHITE));
        assert_eq!(Colour::parse("White"), Some(WHITE));
        assert_eq!((Colour::parse("transparent"), Colour::parse("#0b5c")), (None, None));
        assert_eq!(blue.to_string(), "#0b5cad");
    }

    #[test]
    fn contrast_is_that_of_the_guidelines() {
        assert!((BLACK.contrast(WHITE) - 21.0).abs() < 0.001);
        let gray = |text| Colour::parse(text).unwrap().contrast(WHITE);
        // The well-known border: #767676 passes on white, #777777 does not.
        assert!(gray("#767676") >= 4.5 && gray("#777777") < 4.5);
    }
}
