//! The values of the format that Portico uses.

use std::fmt;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::color::Color;

/// The type of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `color`
    Color,
    /// `dimension`
    Dimension,
    /// `duration`
    Duration,
    /// `number`
    Number,
    /// `fontFamily`
    FontFamily,
    /// `fontWeight`
    FontWeight,
    /// `cubicBezier`
    CubicBezier,
    /// `shadow`
    Shadow,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// What another token is, by its path.
    Alias(String),
    Color(Color),
    /// A length or a duration with its unit.
    Measure(Measure),
    Number(f64),
    FontFamily(Vec<String>),
    FontWeight(u16),
    CubicBezier([f64; 4]),
    /// Offsets, blur and spread; the colour is a value of its own, so that it can be an alias.
    Shadow {
        lengths: [Measure; 4],
        color: Box<Value>,
    },
}

/// A number with its unit.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    value: f64,
    unit: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Shadow {
    color: Json,
    offset_x: Measure,
    offset_y: Measure,
    blur: Measure,
    spread: Measure,
}

impl Kind {
    const ALL: [(Self, &str); 8] = [
        (Self::Color, "color"),
        (Self::Dimension, "dimension"),
        (Self::Duration, "duration"),
        (Self::Number, "number"),
        (Self::FontFamily, "fontFamily"),
        (Self::FontWeight, "fontWeight"),
        (Self::CubicBezier, "cubicBezier"),
        (Self::Shadow, "shadow"),
    ];

    /// The type that a file calls `name`.
    pub fn named(name: &str) -> Result<Self, String> {
        let known = || Self::ALL.map(|(_, name)| name).join(", ");
        let found = Self::ALL.into_iter().find(|(_, each)| *each == name).map(|(kind, _)| kind);
        found.ok_or_else(|| format!("$type {name:?} is not known; those that are: {}", known()))
    }

    /// Reads a value of this type, or an alias; the error says what is expected.
    pub fn read(self, json: &Json) -> Result<Value, String> {
        if let Some(path) = json.as_str().and_then(|text| text.strip_prefix('{')?.strip_suffix('}')) {
            return Ok(Value::Alias(path.to_owned()));
        }
        Ok(match self {
            Self::Color => Value::Color(Color::read(json)?),
            Self::Dimension => Value::Measure(measure(json, &["px", "rem"])?),
            Self::Duration => Value::Measure(measure(json, &["ms", "s"])?),
            Self::Number => Value::Number(read(json)?),
            Self::FontFamily => Value::FontFamily(families(json)?),
            Self::FontWeight => {
                let weight: u16 = read(json)?;
                if !(1..=1000).contains(&weight) {
                    return Err(format!("{weight} is not from 1 to 1000"));
                }
                Value::FontWeight(weight)
            }
            Self::CubicBezier => Value::CubicBezier(read(json)?),
            Self::Shadow => {
                let Shadow { color, offset_x, offset_y, blur, spread } = read(json)?;
                let lengths = [offset_x, offset_y, blur, spread];
                for length in &lengths {
                    length.has_unit(&["px", "rem"])?;
                }
                Value::Shadow { lengths, color: Box::new(Self::Color.read(&color)?) }
            }
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.iter().find(|(kind, _)| kind == self).map_or("", |(_, name)| name);
        f.write_str(name)
    }
}

impl Measure {
    fn has_unit(&self, units: &[&str]) -> Result<(), String> {
        if units.contains(&self.unit.as_str()) {
            return Ok(());
        }
        Err(format!("the unit {:?} is not one of {}", self.unit, units.join(", ")))
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.value == 0.0 { f.write_str("0") } else { write!(f, "{}{}", self.value, self.unit) }
    }
}

fn measure(json: &Json, units: &[&str]) -> Result<Measure, String> {
    let measure: Measure = read(json)?;
    measure.has_unit(units)?;
    Ok(measure)
}

/// One name or several; letters alone, since they stand in a style sheet.
fn families(json: &Json) -> Result<Vec<String>, String> {
    let families = if json.is_string() { vec![read(json)?] } else { read::<Vec<String>>(json)? };
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.'))
    };
    match families.iter().find(|name| !is_name(name)) {
        Some(other) => Err(format!("{other:?} is not the name of a font")),
        None if families.is_empty() => Err("no font is named".to_owned()),
        None => Ok(families),
    }
}

fn read<T: DeserializeOwned>(json: &Json) -> Result<T, String> {
    T::deserialize(json).map_err(|error| error.to_string())
}
