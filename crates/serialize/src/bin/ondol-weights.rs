//! Looks into files of state, converts and compares them: `ondol-weights help` says how.
#![forbid(unsafe_code)]

use std::collections::{HashMap, HashSet};
use std::process::ExitCode;

use ondol_serialize::{LoadOptions, load_with, save};
use ondol_tensor::{Array, DType, Error, Key, Result, Value};

const HELP: &str = "\
Looks into files of state: .pt, .pth, .safetensors, .ond

  ondol-weights inspect [--key KEY] FILE...       keys, shapes, dtypes, sizes and statistics
  ondol-weights convert [--key KEY] FROM TO       from one format to another, by the extensions
  ondol-weights diff    [--key KEY] [--tolerance T] A B
                                                  what differs; exits with 1 where something does

  --key model        only what stands under a key; --key 'optimizer.state' goes deeper
  --narrow           fail on integers that Ondol does not have (i8, i16, u16 ...), not make them i64
  --tolerance 1e-6   numbers that differ by at most so much are equal (default: to the bit)";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(Failure::Usage(message)) => {
            eprintln!("{message}\n\n{HELP}");
            ExitCode::from(2)
        }
        Err(Failure::Work(e)) => {
            eprintln!("ondol-weights: {e}");
            ExitCode::from(2)
        }
    }
}

enum Failure {
    Usage(String),
    Work(Error),
}

impl From<Error> for Failure {
    fn from(e: Error) -> Self {
        Failure::Work(e)
    }
}

/// What stands behind the command's name.
struct Options {
    load: LoadOptions,
    key: Option<String>,
    tolerance: f64,
    files: Vec<String>,
}

impl Options {
    fn parse(arguments: &[String]) -> std::result::Result<Options, Failure> {
        let mut options = Options {
            load: LoadOptions::new().widen(true),
            key: None,
            tolerance: 0.0,
            files: Vec::new(),
        };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut value = || {
                let missing = || Failure::Usage(format!("{argument} needs a value"));
                rest.next().cloned().ok_or_else(missing)
            };
            match argument.as_str() {
                "--narrow" => options.load.widen = false,
                "--key" => options.key = Some(value()?),
                "--tolerance" => {
                    let value = value()?;
                    let wrong = || Failure::Usage(format!("{value} is no tolerance"));
                    options.tolerance = value.parse().map_err(|_| wrong())?;
                }
                other if other.starts_with("--") => {
                    return Err(Failure::Usage(format!("there is no option {other}")));
                }
                file => options.files.push(file.to_owned()),
            }
        }
        Ok(options)
    }

    fn load(&self, file: &str) -> Result<Value> {
        let mut value = load_with(file, self.load)?;
        let Some(wanted) = &self.key else {
            return Ok(value);
        };
        // A key may hold dots itself, so the longest that is there is taken.
        let mut left = wanted.as_str();
        while !left.is_empty() {
            let dict = value
                .as_dict()
                .map_err(|e| Error::file(file, e.to_string()))?;
            let fits = |key: &Key| {
                let text = match key {
                    Key::Str(key) => key.clone(),
                    Key::Int(key) => key.to_string(),
                };
                let rest = left.strip_prefix(text.as_str())?;
                (rest.is_empty() || rest.starts_with('.')).then_some(text.len())
            };
            let best = dict.iter().filter_map(|(key, v)| Some((fits(key)?, v)));
            let Some((length, inner)) = best.max_by_key(|(length, _)| *length) else {
                let keys: Vec<_> = dict.iter().take(8).map(|(k, _)| k.to_string()).collect();
                let message = format!("no key `{left}`; there are {}", keys.join(", "));
                return Err(Error::file(file, message));
            };
            left = left[length..].trim_start_matches('.');
            value = inner.clone();
        }
        Ok(value)
    }
}

fn run(arguments: &[String]) -> std::result::Result<bool, Failure> {
    let Some((command, rest)) = arguments.split_first() else {
        return Err(Failure::Usage("a command is missing".to_owned()));
    };
    let options = Options::parse(rest)?;
    match (command.as_str(), options.files.as_slice()) {
        ("help" | "--help" | "-h", _) => println!("{HELP}"),
        ("inspect", files @ [_, ..]) => {
            for file in files {
                inspect(file, &options.load(file)?)?;
            }
        }
        ("convert", [from, to]) => save(&options.load(from)?, to)?,
        ("diff", [a, b]) => return Ok(diff(a, b, &options)?),
        ("inspect" | "convert" | "diff", files) => {
            let message = format!("{command} does not take {} files", files.len());
            return Err(Failure::Usage(message));
        }
        (other, _) => return Err(Failure::Usage(format!("there is no command {other}"))),
    }
    Ok(true)
}

/// Every value that holds no others, by name, in order.
fn leaves<'a>(name: &str, value: &'a Value, out: &mut Vec<(String, &'a Value)>) {
    let key = |key: &Key| match key {
        Key::Str(key) if name.is_empty() => key.escape_debug().to_string(),
        Key::Str(key) => format!("{name}.{}", key.escape_debug()),
        Key::Int(key) => format!("{name}[{key}]"),
    };
    match value {
        Value::Dict(dict) if !dict.is_empty() => {
            dict.iter().for_each(|(k, v)| leaves(&key(k), v, out));
        }
        Value::List(items) | Value::Tuple(items) if !items.is_empty() => {
            for (i, item) in items.iter().enumerate() {
                leaves(&format!("{name}[{i}]"), item, out);
            }
        }
        _ => out.push((name.to_owned(), value)),
    }
}

fn inspect(file: &str, value: &Value) -> Result<()> {
    let mut all = Vec::new();
    leaves("", value, &mut all);
    let width = all
        .iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or(0)
        .min(60);
    println!("{file}");
    let mut buffers: HashMap<usize, &str> = HashMap::new();
    let (mut tensors, mut elements, mut bytes) = (0usize, 0usize, 0usize);
    for (name, value) in &all {
        let Value::Tensor(array) = value else {
            println!("  {name:width$}  {}", short(value));
            continue;
        };
        tensors += 1;
        elements += array.numel();
        let shared = buffers.get(&array.buffer_id()).copied();
        if shared.is_none() {
            bytes += array.numel() * array.dtype().size();
        }
        let shared = shared.map(|first| format!("  shares memory with {first}"));
        println!(
            "  {name:width$}  {:<5} {:<18} {}{}",
            array.dtype().name(),
            array.shape().to_string(),
            Statistics::of(array)?,
            shared.unwrap_or_default()
        );
        buffers.entry(array.buffer_id()).or_insert(name);
    }
    println!(
        "  {tensors} tensors, {elements} elements, {bytes} bytes, {} other values",
        all.len() - tensors
    );
    Ok(())
}

fn short(value: &Value) -> String {
    match value {
        Value::None => "None".to_owned(),
        Value::Bool(v) => v.to_string(),
        Value::Int(v) => v.to_string(),
        Value::Float(v) => format!("{v:?}"),
        Value::Str(v) => format!("{:?}", v.chars().take(200).collect::<String>()),
        Value::Tensor(array) => format!("{} {}", array.dtype(), array.shape()),
        Value::List(_) => "[]".to_owned(),
        Value::Tuple(_) => "()".to_owned(),
        Value::Dict(_) => "{}".to_owned(),
    }
}

/// What the numbers of an array are like.
struct Statistics {
    n: usize,
    min: f64,
    max: f64,
    mean: f64,
    std: f64,
    not_finite: usize,
}

/// More elements than this are only views of less memory.
const MOST: usize = 1 << 32;

fn numbers(array: &Array) -> Result<Vec<f64>> {
    array.cast(DType::F64)?.to_vec::<f64>()
}

impl Statistics {
    fn of(array: &Array) -> Result<Statistics> {
        let all = if array.numel() > MOST {
            Vec::new()
        } else {
            numbers(array)?
        };
        let finite = || all.iter().copied().filter(|x| x.is_finite());
        let n = finite().count();
        let mean = finite().sum::<f64>() / n as f64;
        let squares = finite().map(|x| (x - mean).powi(2)).sum::<f64>();
        Ok(Statistics {
            n,
            min: finite().fold(f64::INFINITY, f64::min),
            max: finite().fold(f64::NEG_INFINITY, f64::max),
            mean,
            std: (squares / (n as f64 - 1.0)).sqrt(),
            not_finite: all.len() - n,
        })
    }
}

impl std::fmt::Display for Statistics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.n {
            0 => f.write_str("-")?,
            1 => write!(f, "{:.6}", self.mean)?,
            _ => write!(
                f,
                "{:.4} to {:.4}, mean {:.4}, std {:.4}",
                self.min, self.max, self.mean, self.std
            )?,
        }
        match self.not_finite {
            0 => Ok(()),
            n => write!(f, ", {n} NOT FINITE"),
        }
    }
}

/// Prints what differs; whether nothing does.
fn diff(a: &str, b: &str, options: &Options) -> Result<bool> {
    let (first, second) = (options.load(a)?, options.load(b)?);
    let (mut left, mut right) = (Vec::new(), Vec::new());
    leaves("", &first, &mut left);
    leaves("", &second, &mut right);
    let by_name: HashMap<&str, &Value> = right.iter().map(|(n, v)| (n.as_str(), *v)).collect();
    let known: HashSet<&str> = left.iter().map(|(n, _)| n.as_str()).collect();
    let mut differences = 0;
    let mut say = |line: String| {
        differences += 1;
        println!("{line}");
    };
    for (name, value) in &left {
        match by_name.get(name.as_str()) {
            None => say(format!("{name}: only in {a}: {}", short(value))),
            Some(other) => {
                if let Some(how) = difference(value, other, options.tolerance)? {
                    say(format!("{name}: {how}"));
                }
            }
        }
    }
    for (name, value) in right
        .iter()
        .filter(|(name, _)| !known.contains(name.as_str()))
    {
        say(format!("{name}: only in {b}: {}", short(value)));
    }
    match differences {
        0 => println!("equal: {} values", left.len()),
        n => println!("{n} of {} values differ", left.len().max(right.len())),
    }
    Ok(differences == 0)
}

fn difference(a: &Value, b: &Value, tolerance: f64) -> Result<Option<String>> {
    let (Value::Tensor(x), Value::Tensor(y)) = (a, b) else {
        let same = short(a) == short(b) && a.kind() == b.kind();
        return Ok((!same).then(|| format!("{} and {}", short(a), short(b))));
    };
    if x.shape() != y.shape() || x.dtype() != y.dtype() {
        return Ok(Some(format!("{} and {}", short(a), short(b))));
    }
    if x.to_bytes()? == y.to_bytes()? {
        return Ok(None);
    }
    let (x, y) = (numbers(x)?, numbers(y)?);
    let far = |(x, y): (&f64, &f64)| {
        if x == y || (x.is_nan() && y.is_nan()) {
            0.0
        } else {
            (x - y).abs()
        }
    };
    let gaps = x.iter().zip(&y).map(far);
    // A NaN on one side only is as far as can be.
    let gaps = gaps.map(|gap| if gap.is_nan() { f64::INFINITY } else { gap });
    let (count, most) = gaps.fold((0, 0.0), |(count, most), gap| {
        (count + usize::from(gap > tolerance), f64::max(most, gap))
    });
    if count == 0 && tolerance > 0.0 {
        return Ok(None);
    }
    Ok(Some(match count {
        0 => "differs in bits only (-0 or the bits of NaNs)".to_owned(),
        _ => format!(
            "{count} of {} elements differ, by {most:e} at most",
            x.len()
        ),
    }))
}
