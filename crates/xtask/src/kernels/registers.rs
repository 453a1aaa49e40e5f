//! What each kernel takes of a GPU, by its assembler.

use std::collections::BTreeMap;
use std::fmt;

use super::assembly::Module;
use super::root;
use super::tools::Tools;

/// A kernel on one GPU.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Usage {
    registers: u32,
    /// Bytes of registers that did not fit and go through memory.
    spilled: u32,
}

/// Every kernel on every GPU.
pub(crate) struct Table {
    targets: Vec<&'static str>,
    kernels: BTreeMap<String, Vec<Usage>>,
}

/// Assembles everything for every target.
pub(crate) fn measure(
    modules: &[Module],
    targets: &[&'static str],
    tools: &Tools,
) -> Result<Table, String> {
    let file = root()?.join("target/cuda-tools/module.ptx");
    let mut kernels: BTreeMap<String, Vec<Usage>> = BTreeMap::new();
    for module in modules {
        std::fs::write(&file, &module.text).map_err(|e| format!("{}: {e}", file.display()))?;
        for target in targets {
            let said = tools
                .assemble(&file, target)
                .map_err(|e| format!("{} for {target}: {e}", module.name))?;
            for (kernel, usage) in parse(&said) {
                kernels.entry(kernel).or_default().push(usage);
            }
        }
        println!("{}: assembled for {}", module.name, targets.join(", "));
    }
    Ok(Table {
        targets: targets.to_vec(),
        kernels,
    })
}

/// Reads what the assembler says: a line with the kernel's name, one on its stack, one on its
/// registers.
fn parse(said: &str) -> Vec<(String, Usage)> {
    let mut found: Vec<(String, Usage)> = Vec::new();
    let number = |line: &str, before: &str| {
        let words = line.split_once(before)?.0;
        words
            .rsplit([' ', ','])
            .find(|w| !w.is_empty())?
            .parse::<u32>()
            .ok()
    };
    for line in said.lines() {
        if let Some(rest) = line.split_once("Compiling entry function '") {
            let name = rest.1.split('\'').next().unwrap_or_default();
            found.push((name.to_owned(), Usage::default()));
        } else if let Some((_, usage)) = found.last_mut() {
            let spills = [" bytes spill stores", " bytes spill loads"];
            let bytes = spills.iter().filter_map(|w| number(line, w)).sum::<u32>();
            usage.spilled += bytes;
            if let Some(n) = number(line, " registers") {
                usage.registers = n;
            }
        }
    }
    found
}

impl Table {
    /// The kernels that go through memory for want of registers.
    pub(crate) fn spills(&self) -> Vec<String> {
        let mut all = Vec::new();
        for (kernel, usages) in &self.kernels {
            for (target, usage) in self.targets.iter().zip(usages) {
                if usage.spilled > 0 {
                    all.push(format!(
                        "{kernel} spills {} bytes on {target}",
                        usage.spilled
                    ));
                }
            }
        }
        all
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "# Registers of a thread, by ptxas; made by `cargo xtask kernels`."
        )?;
        writeln!(f, "# A spill to memory would fail the task: there is none.")?;
        write!(f, "{:<24}", "kernel")?;
        self.targets.iter().try_for_each(|t| write!(f, "{t:>8}"))?;
        writeln!(f)?;
        for (kernel, usages) in &self.kernels {
            write!(f, "{kernel:<24}")?;
            usages
                .iter()
                .try_for_each(|u| write!(f, "{:>8}", u.registers))?;
            writeln!(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_assembler_is_understood() {
        let said = "\
ptxas info    : 0 bytes gmem\n\
ptxas info    : Compiling entry function 'sgd_f64' for 'sm_90'\n\
ptxas info    : Function properties for sgd_f64\n\
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads\n\
ptxas info    : Used 30 registers, used 0 barriers\n\
ptxas info    : Compiling entry function 'conv' for 'sm_90'\n\
    8 bytes stack frame, 12 bytes spill stores, 8 bytes spill loads\n\
ptxas info    : Used 128 registers, used 1 barriers, 8320 bytes smem\n";
        let found = parse(said);
        assert_eq!(found[0].0, "sgd_f64");
        assert_eq!(
            found[0].1,
            Usage {
                registers: 30,
                spilled: 0
            }
        );
        assert_eq!(
            found[1].1,
            Usage {
                registers: 128,
                spilled: 20
            }
        );
        let table = Table {
            targets: vec!["sm_90"],
            kernels: found.into_iter().map(|(k, u)| (k, vec![u])).collect(),
        };
        assert_eq!(table.spills(), ["conv spills 20 bytes on sm_90"]);
        assert!(
            table
                .to_string()
                .ends_with("sgd_f64                       30\n")
        );
    }
}
