//! The tour: its programs run and print what it says.

use std::fmt::Write;

use crate::generated::tour;
use crate::page::{Fence, fences, read};
use crate::programs::{check_generated, module, printed_by};

const PAGE: &str = "docs/tour.md";
const KOREAN: &str = "docs/tour.ko.md";

/// A program and what the page says it prints, where it does.
struct Program {
    code: Fence,
    runs: bool,
    prints: Option<Fence>,
}

fn programs(page: &str) -> Vec<Program> {
    let fences = fences(page);
    let each = fences.iter().enumerate();
    let programs = each.filter_map(|(place, fence)| {
        let runs = match &*fence.kind {
            "rust" => true,
            "rust,no_run" => false,
            _ => return None,
        };
        let next = fences.get(place + 1).filter(|next| next.kind == "text");
        Some(Program {
            code: fence.clone(),
            runs,
            prints: next.cloned(),
        })
    });
    programs.collect()
}

fn generated(programs: &[Program]) -> String {
    let mut text = format!("// The programs of {PAGE}; see tests/pages/main.rs.\n\n");
    let _ = writeln!(
        text,
        "pub(crate) const COUNT: usize = {};\n",
        programs.len()
    );
    text.push_str("pub(crate) fn run(program: usize) {\n    match program {\n");
    for (i, program) in programs.iter().enumerate() {
        let run = match program.runs {
            true => format!("crate::programs::end(p{i}::main())"),
            false => format!("{{ let _ = p{i}::main; }}"),
        };
        let _ = writeln!(text, "        {i} => {run},");
    }
    text.push_str("        _ => unreachable!(),\n    }\n}\n");
    for (i, program) in programs.iter().enumerate() {
        text.push('\n');
        text.push_str(&module(&format!("p{i}"), &program.code.text));
    }
    text
}

#[test]
fn the_programs_are_the_pages() {
    check_generated("tour.rs", &generated(&programs(&read(PAGE))));
}

#[test]
fn each_prints_what_the_page_says() {
    if std::env::var_os("ONDOL_BLESS").is_some() {
        return;
    }
    let programs = programs(&read(PAGE));
    assert_eq!(programs.len(), tour::COUNT);
    let mut compared = 0;
    for (i, program) in programs.iter().enumerate().filter(|(_, p)| p.runs) {
        let printed = printed_by(|| tour::run(i));
        if let Some(said) = &program.prints {
            let place = said.line;
            assert_eq!(
                printed, said.text,
                "{PAGE}:{place}: left printed, right said"
            );
            compared += 1;
        }
    }
    assert!(
        compared >= 12,
        "only {compared} programs say what they print"
    );
}

#[test]
fn both_languages_show_the_same_code() {
    let (english, korean) = (fences(&read(PAGE)), fences(&read(KOREAN)));
    for (a, b) in english.iter().zip(&korean) {
        let place = format!("{PAGE}:{} and {KOREAN}:{}", a.line, b.line);
        assert_eq!((&a.kind, &a.text), (&b.kind, &b.text), "{place}");
    }
    assert_eq!(english.len(), korean.len());
}

#[test]
fn a_program_is_taken_with_what_follows_it() {
    let page = "```rust\nf();\n```\n\n```text\n1\n```\n\n```rust,no_run\nfn main() {}\n```\n";
    let found = programs(page);
    assert_eq!(found[0].prints.as_ref().map(|f| &*f.text), Some("1\n"));
    assert!(found[0].runs && !found[1].runs && found[1].prints.is_none());
    assert!(generated(&found).contains("mod p0 {\npub(super) fn main() {\nf();\n}\n}\n"));
    assert!(generated(&found).contains("mod p1 {\npub(super) fn main() {}\n}\n"));
}
