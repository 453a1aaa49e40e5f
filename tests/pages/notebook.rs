//! The notebook: its cells run one after the other and print what it keeps as their output.

use serde_json::Value;

use crate::generated::notebook;
use crate::page::read;
use crate::programs::{check_generated, printed_by};

const NOTEBOOK: &str = "examples/notebooks/first_steps.ipynb";

/// A cell of code.
struct Cell {
    code: String,
    /// What it is known to print.
    prints: String,
}

fn joined(lines: &Value) -> String {
    let lines = lines.as_array().map_or(&[][..], Vec::as_slice);
    lines.iter().filter_map(Value::as_str).collect()
}

fn cells(notebook: &str) -> Vec<Cell> {
    let notebook: Value = serde_json::from_str(notebook).expect("a notebook is JSON");
    assert_eq!(notebook["nbformat"], 4);
    assert_eq!(notebook["metadata"]["kernelspec"]["language"], "rust");
    let cells = notebook["cells"].as_array().expect("cells").iter();
    let code = cells
        .filter(|cell| cell["cell_type"] == "code")
        .map(|cell| {
            let outputs = cell["outputs"].as_array().expect("outputs").iter();
            Cell {
                code: joined(&cell["source"]),
                prints: outputs.map(|output| joined(&output["text"])).collect(),
            }
        });
    code.collect()
}

/// The cell without evcxr's commands; a last line without a semicolon is what it shows.
fn program(cell: &Cell) -> String {
    let lines: Vec<_> = cell.code.lines().filter(|l| !l.starts_with(':')).collect();
    let Some((last, before)) = lines.split_last() else {
        return String::new();
    };
    let mut text: String = before.iter().map(|line| format!("{line}\n")).collect();
    if last.ends_with([';', '}']) {
        text.push_str(&format!("{last}\n"));
    } else {
        text.push_str(&format!("crate::notebook::show(({last}).notebook());\n"));
    }
    text + "crate::programs::end_of_cell();\n"
}

/// What evcxr would show: its blocks, well-formed. The pictures' bytes are not compared.
pub(crate) fn show(content: String) {
    let blocks = content.matches("EVCXR_BEGIN_CONTENT ").count();
    assert!(
        content.starts_with("EVCXR_BEGIN_CONTENT ") && content.ends_with("\nEVCXR_END_CONTENT")
    );
    assert_eq!(content.matches("EVCXR_END_CONTENT").count(), blocks);
    for kind in content.split("EVCXR_BEGIN_CONTENT ").skip(1) {
        let kind = kind.lines().next();
        assert!(
            matches!(kind, Some("text/html" | "text/plain" | "image/png")),
            "{kind:?}"
        );
    }
}

fn generated(cells: &[Cell]) -> String {
    let body: String = cells.iter().map(program).collect();
    format!(
        "// The cells of {NOTEBOOK}; see tests/pages/main.rs.\n\npub(crate) fn run() {{\n{body}}}\n"
    )
}

#[test]
fn the_cells_are_the_notebooks() {
    check_generated("notebook.rs", &generated(&cells(&read(NOTEBOOK))));
}

#[test]
fn each_cell_prints_what_the_notebook_keeps() {
    if std::env::var_os("ONDOL_BLESS").is_some() {
        return;
    }
    let cells = cells(&read(NOTEBOOK));
    let printed = printed_by(notebook::run);
    let printed: Vec<_> = printed.split_terminator("\u{c}\n").collect();
    let kept: Vec<_> = cells.iter().map(|cell| cell.prints.as_str()).collect();
    assert_eq!(printed, kept);
    let shows = cells
        .iter()
        .filter(|cell| program(cell).contains("notebook::show"));
    assert!(shows.count() >= 4);
}
