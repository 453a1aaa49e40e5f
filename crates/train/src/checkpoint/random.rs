//! The state of a generator as a value.

use ondol_tensor::{Dict, GeneratorState, Result, Value};

/// `{'seed': …, 'offset': …}`; numbers over 2⁶³ are negative there, as files have `i64`s.
pub(super) fn value(state: GeneratorState) -> Value {
    let entries = [("seed", state.seed as i64), ("offset", state.offset as i64)];
    Value::Dict(entries.into_iter().collect::<Dict>())
}

/// What [`value`] made the value of.
pub(super) fn state(value: &Value) -> Result<GeneratorState> {
    let number = |name| Ok(value.get(name)?.as_int()? as u64);
    Ok(GeneratorState {
        seed: number("seed")?,
        offset: number("offset")?,
    })
}

#[test]
fn every_seed_comes_back() {
    for seed in [0, 7, i64::MAX as u64, 1 << 63, u64::MAX] {
        let there = GeneratorState {
            seed,
            offset: seed ^ 1,
        };
        assert_eq!(state(&value(there)).unwrap(), there);
    }
    assert!(state(&Value::Int(3)).is_err());
}
