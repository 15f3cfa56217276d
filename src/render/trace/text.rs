//! Traces for people.

use super::{Line, Traced, TracedStep, TracedWay};
use crate::source::on_one_line;
use std::fmt::Write;

/// The column behind the names of the stages.
const STAGE: usize = 19;

/// A packet with its ways, indented by what they are part of. Lines that begin a packet, or end it, stand at the margin.
pub fn text(traced: &Traced) -> String {
    let mut out = String::new();
    write(&mut out, traced, "").expect("writing to a string does not fail");
    out
}

fn write(out: &mut String, traced: &Traced, what: &str) -> std::fmt::Result {
    let from = traced
        .interface
        .as_ref()
        .map_or("the router sends".to_owned(), |name| format!("by {} comes", on_one_line(name)));
    writeln!(out, "{what}{from} {}", traced.packet)?;
    let several = traced.ways.len() > 1;
    for (number, way) in traced.ways.iter().enumerate() {
        if several {
            let percent = (way.share * 100.0).round();
            writeln!(
                out,
                "\n  way {} of {}, for {percent} % of such packets",
                number + 1,
                traced.ways.len()
            )?;
        }
        write_way(out, way)?;
    }
    Ok(())
}

fn write_way(out: &mut String, way: &TracedWay) -> std::fmt::Result {
    let mut stage = "";
    for step in &way.steps {
        let shown = if step.stage == stage { "" } else { &step.stage };
        stage = &step.stage;
        write_step(out, shown, step)?;
    }
    writeln!(out, "  {:STAGE$}{}", way.end.kind, on_one_line(&way.end.text))?;
    if let Some(line) = &way.end.line {
        write_line(out, line)?;
    }
    for remark in &way.remarks {
        writeln!(out, "! {:STAGE$}{remark}", "")?;
    }
    if let Some(answer) = &way.answer {
        out.push('\n');
        write(out, answer, "answered: ")?;
    }
    Ok(())
}

fn write_step(out: &mut String, stage: &str, step: &TracedStep) -> std::fmt::Result {
    writeln!(out, "  {:STAGE$}{}", on_one_line(stage), on_one_line(&step.text))?;
    step.line.as_ref().map_or(Ok(()), |line| write_line(out, line))
}

fn write_line(out: &mut String, line: &Line) -> std::fmt::Result {
    let Line { file, line, rule } = line;
    writeln!(out, "  {:STAGE$}  {}:{line}  {}", "", on_one_line(file), on_one_line(rule))
}
