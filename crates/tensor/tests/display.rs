//! Arrays print as PyTorch's tensors do.
//!
//! `fixtures/display.txt` was recorded with PyTorch 2.15. Names of dtypes are shorter here
//! (`dtype=f64` for `dtype=torch.float64`), so that where they stand is not compared.

use ondol_tensor::{
    Array, DType, PrintOptions, Shape, format_array, printoptions, set_printoptions,
};

fn number<T: std::str::FromStr>(text: &str) -> T {
    text.parse()
        .ok()
        .unwrap_or_else(|| panic!("{text:?} is no number"))
}

/// `dtype | sizes | options | numbers`
fn build(spec: &str) -> (Array, PrintOptions, Vec<String>) {
    let parts: Vec<&str> = spec.split('|').map(str::trim).collect();
    let dtype: DType = parts[0].parse().unwrap();
    let shape: Shape = parts[1].split_whitespace().map(number::<usize>).collect();
    let words: Vec<&str> = parts[2].split_whitespace().collect();
    let options = PrintOptions {
        precision: number(words[0]),
        threshold: number(words[1]),
        edge_items: number(words[2]),
        line_width: number(words[3]),
        sci_mode: match words[4] {
            "True" => Some(true),
            "False" => Some(false),
            _ => None,
        },
    };
    let extra = if words[5] == "grad" {
        vec!["requires_grad=True".to_owned()]
    } else {
        vec![]
    };
    let (kind, rest) = parts[3].split_once(' ').unwrap_or((parts[3], ""));
    let rest: Vec<&str> = rest.split_whitespace().collect();
    let array = if kind == "range" {
        let (start, step): (f64, f64) = (number(rest[0]), number(rest[1]));
        let values = (0..shape.numel()).map(|i| start + i as f64 * step);
        match dtype {
            DType::Bool => Array::from_vec(values.map(|v| v as i64 % 3 == 0).collect(), shape),
            _ => Array::from_vec(values.collect::<Vec<f64>>(), shape),
        }
    } else if dtype == DType::I64 {
        Array::from_vec(rest.into_iter().map(number::<i64>).collect(), shape)
    } else {
        Array::from_vec(rest.into_iter().map(number::<f64>).collect(), shape)
    };
    (array.unwrap().cast(dtype).unwrap(), options, extra)
}

/// Without the dtype and what depends on its length.
fn without_dtype(text: &str) -> String {
    let Some(at) = text.rfind("dtype=") else {
        return text.to_owned();
    };
    let before = text[..at].trim_end_matches([',', '\n', ' ']);
    let after = text[at..].trim_start_matches(|c| c != ',' && c != ')');
    format!("{before}{}", after.replace(",\n       ", ", "))
}

#[test]
fn texts_are_pytorchs() {
    let fixture = include_str!("fixtures/display.txt");
    let mut failures = Vec::new();
    let mut cases = 0;
    for block in fixture.split("# ").skip(1) {
        let (spec, want) = block.split_once('\n').unwrap();
        let want = want.strip_suffix('\n').unwrap();
        let (array, options, extra) = build(spec);
        let got = format_array(&array, "tensor", &options, &extra).unwrap();
        if without_dtype(&got) != without_dtype(want) {
            failures.push(format!("{spec}\n{got}\nis to be\n{want}"));
        }
        cases += 1;
    }
    assert!(
        failures.is_empty(),
        "{} of {cases}:\n{}",
        failures.len(),
        failures.join("\n\n")
    );
    assert!(cases > 90);
}

#[test]
fn dtypes_have_their_own_names() {
    let show = |dtype| {
        let a = Array::from_vec(vec![1.0f32], [1])
            .unwrap()
            .cast(dtype)
            .unwrap();
        format_array(&a, "tensor", &PrintOptions::default(), &[]).unwrap()
    };
    assert_eq!(show(DType::F32), "tensor([1.])");
    assert_eq!(show(DType::F64), "tensor([1.], dtype=f64)");
    assert_eq!(show(DType::BF16), "tensor([1.], dtype=bf16)");
    assert_eq!(show(DType::U8), "tensor([1], dtype=u8)");
    let none = Array::from_vec(Vec::<i64>::new(), [0]).unwrap();
    assert_eq!(
        format_array(&none, "array", &PrintOptions::default(), &[]).unwrap(),
        "array([], dtype=i64)"
    );
}

#[test]
fn options_hold_until_they_are_set_again() {
    // The other tests of this program give their options themselves.
    let a = Array::from_vec(vec![0.123_456f32; 3], [3]).unwrap();
    assert_eq!(printoptions(), PrintOptions::default());
    set_printoptions(PrintOptions {
        precision: 2,
        sci_mode: Some(true),
        ..PrintOptions::short()
    });
    assert_eq!(a.to_string(), "array([1.23e-01, 1.23e-01, 1.23e-01])");
    set_printoptions(PrintOptions::full());
    let long = Array::range(0i64, 1i64, 1001, DType::I64, &ondol_tensor::Device::cpu()).unwrap();
    assert!(!long.to_string().contains("..."));
    set_printoptions(PrintOptions::default());
    assert!(long.to_string().contains("..."));
}
