//! From values to places: axes that begin and end at round numbers, and fewer points where there are more than can be seen.

/// The values of an axis, from the first to the last tick.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// In ascending order, at least two.
    pub ticks: Vec<f64>,
}

impl Axis {
    /// An axis for values from `low` to `high` with about `wanted` ticks, a step apart that is 1, 2 or 5 times a power of ten.
    pub fn over(low: f64, high: f64, wanted: usize) -> Self {
        // All the same: room above and below, so that the line is in the middle and not on an edge.
        let (low, high) =
            if low < high { (low, high) } else { (low - low.abs().max(1.0) / 2.0, high + high.abs().max(1.0) / 2.0) };
        let step = nice((high / wanted as f64) - (low / wanted as f64));
        let (first, last) = ((low / step).floor(), (high / step).ceil());
        let ticks = (0..=(last - first) as usize).map(|n| (first + n as f64) * step).collect();
        Self { ticks }
    }

    /// Where a value is between the first tick, 0, and the last, 1.
    pub fn place(&self, value: f64) -> f64 {
        let (first, last) = (self.ticks[0], self.ticks[self.ticks.len() - 1]);
        // Halved first: the distance of the two largest numbers is no number.
        ((value / 2.0 - first / 2.0) / (last / 2.0 - first / 2.0)).clamp(0.0, 1.0)
    }
}

/// The smallest of 1, 2 and 5 times a power of ten that is not below `step`.
fn nice(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let times = [1.0, 2.0, 5.0].into_iter().find(|times| step <= times * power * 1.000_001);
    times.unwrap_or(10.0) * power
}

/// A number as short as an axis needs it: `1,500`, `2.5 M`, `-3 bn`.
pub fn short(value: f64) -> String {
    let size = value.abs();
    let units = [(1e12, " tn"), (1e9, " bn"), (1e6, " M")];
    match units.into_iter().find(|(unit, _)| size >= *unit) {
        _ if size >= 1e15 => format!("{value:.1e}"),
        Some((unit, name)) => whole(value / unit) + name,
        None => whole(value),
    }
}

/// A number in full, its thousands apart, at most three digits after the point; more where it is small.
pub fn whole(value: f64) -> String {
    if value != 0.0 && (value.abs() < 0.001 || value.abs() >= 1e15) {
        return format!("{value:.2e}");
    }
    let text = format!("{value:.3}");
    let (digits, rest) = text.split_once('.').unwrap_or((&text, ""));
    let rest = rest.trim_end_matches('0');
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    let sign = if rest.is_empty() && digits == "0" { "" } else { sign };
    if rest.is_empty() { format!("{sign}{out}") } else { format!("{sign}{out}.{rest}") }
}

/// At most about `most` of the points: of each run the lowest and the highest in their order, so that no peak is lost.
pub fn thinned(points: &[(usize, f64)], most: usize) -> Vec<(usize, f64)> {
    if points.len() <= most {
        return points.to_vec();
    }
    let run = points.len().div_ceil(most / 2);
    points
        .chunks(run)
        .flat_map(|chunk| {
            let low = chunk.iter().min_by(|a, b| a.1.total_cmp(&b.1)).copied();
            let high = chunk.iter().max_by(|a, b| a.1.total_cmp(&b.1)).copied();
            let mut both: Vec<_> = low.into_iter().chain(high).collect();
            both.sort_by_key(|point| point.0);
            both.dedup();
            both
        })
        .collect()
}
