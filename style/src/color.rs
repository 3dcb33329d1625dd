//! Colours in sRGB.

use std::fmt;

use serde::Deserialize;
use serde_json::Value as Json;

/// A colour in sRGB, eight bits a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Color {
    /// Red, green, blue.
    pub rgb: [u8; 3],
    /// 255 is opaque.
    pub alpha: u8,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    color_space: String,
    components: [f64; 3],
    alpha: Option<f64>,
    hex: Option<String>,
}

impl Color {
    /// Reads the format's object, or the `#rrggbb` that its earlier drafts had.
    pub fn read(json: &Json) -> Result<Self, String> {
        if let Some(text) = json.as_str() {
            return hex(text).map(|rgb| Self { rgb, alpha: 255 }).ok_or_else(|| format!("{text:?} is not #rrggbb"));
        }
        let written = Written::deserialize(json).map_err(|error| error.to_string())?;
        if written.color_space != "srgb" {
            return Err(format!("colorSpace {:?} is not srgb", written.color_space));
        }
        let numbers = written.components.iter().chain(&written.alpha);
        if let Some(outside) = numbers.into_iter().find(|number| !(0.0..=1.0).contains(*number)) {
            return Err(format!("{outside} is not from 0 to 1"));
        }
        let rgb = written.components.map(eight_bits);
        if let Some(text) = written.hex.filter(|text| hex(text) != Some(rgb)) {
            let color = Self { rgb, alpha: 255 };
            return Err(format!("hex says {text} and components say {color}"));
        }
        Ok(Self { rgb, alpha: eight_bits(written.alpha.unwrap_or(1.0)) })
    }

    /// The contrast ratio of WCAG between two opaque colours.
    pub fn ratio(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// Red, green and blue as linear light.
    pub fn linear(self) -> [f64; 3] {
        self.rgb.map(|channel| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        })
    }

    fn luminance(self) -> f64 {
        let [r, g, b] = self.linear();
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }
}

/// As CSS and people write it: `#rrggbb`, with the alpha behind it where it is not opaque.
impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r, g, b] = self.rgb;
        write!(f, "#{r:02x}{g:02x}{b:02x}")?;
        if self.alpha < 255 { write!(f, "{:02x}", self.alpha) } else { Ok(()) }
    }
}

fn hex(text: &str) -> Option<[u8; 3]> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
    let channel = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
    Some([channel(0)?, channel(2)?, channel(4)?])
}

fn eight_bits(value: f64) -> u8 {
    // From 0 to 1, so the cast loses nothing but the fraction.
    (value * 255.0).round() as u8
}
