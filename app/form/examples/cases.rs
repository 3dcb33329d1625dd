//! Writes forms with values and verdicts for `script/oracle-form`: those of the corpus, and made ones.
//! Usage: cases [seeds an example is made of] [broken values an example] [made forms]

use std::{
    env,
    io::{Write, stdout},
};

#[path = "../tests/support/mod.rs"]
mod support;

#[path = "../tests/support/cases.rs"]
mod cases;
#[path = "../tests/support/wild.rs"]
mod wild;

fn main() -> std::io::Result<()> {
    let mut numbers = env::args().skip(1).map(|number| number.parse::<u64>().unwrap_or(1));
    let (seeds, broken, made) =
        (numbers.next().unwrap_or(6), numbers.next().unwrap_or(20), numbers.next().unwrap_or(4000));
    let mut out = stdout().lock();
    for template in support::templates().into_iter().flatten() {
        writeln!(out, "{}", cases::lines(&template.name, &template.parameters, &[], seeds, broken as usize, true))?;
    }
    for seed in 0..made {
        let (page, values) = wild::wild(seed, seed % 2 == 0);
        writeln!(out, "{}", cases::lines(&format!("made {seed}"), &page, &values, 0, 0, seed % 2 == 0))?;
    }
    Ok(())
}
