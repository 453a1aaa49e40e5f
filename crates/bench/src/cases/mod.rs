//! The work list, with the names the peers' programs use.

mod kernels;
mod layers;
mod scale;

/// One row of the list.
pub(crate) struct Case {
    pub(crate) name: String,
    /// Floating-point operations of one run, 0 where that is not the point.
    pub(crate) flops: f64,
    /// Bytes that must be read and written at least, 0 where that is not the point.
    pub(crate) bytes: f64,
    /// Makes the data, outside of the clock.
    pub(crate) prepare: Box<dyn Fn() -> Box<dyn FnMut()>>,
    pub(crate) unit: Unit,
}

/// What is measured of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// The median of many runs, in seconds.
    Seconds,
    /// One run, in seconds: an epoch.
    Once,
    /// The most memory the process held at once, in bytes, after one run.
    PeakBytes,
    /// From the start of the process to its end after one run, in seconds.
    Process,
}

impl Case {
    fn unit(self, unit: Unit) -> Case {
        Case { unit, ..self }
    }
}

fn case(
    name: impl Into<String>,
    flops: f64,
    bytes: f64,
    prepare: impl Fn() -> Box<dyn FnMut()> + 'static,
) -> Case {
    Case {
        name: name.into(),
        flops,
        bytes,
        prepare: Box::new(prepare),
        unit: Unit::Seconds,
    }
}

/// Every case, in the order of the list.
pub(crate) fn all() -> Vec<Case> {
    let mut list = Vec::new();
    kernels::products(&mut list);
    kernels::elementwise(&mut list);
    kernels::rows(&mut list);
    layers::layers(&mut list);
    layers::steps(&mut list);
    scale::scale(&mut list);
    scale::epochs(&mut list);
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct() {
        let mut names: Vec<String> = all().into_iter().map(|c| c.name).collect();
        names.sort();
        let n = names.len();
        names.dedup();
        assert_eq!(names.len(), n);
        assert!(n >= 20);
    }

    #[test]
    fn the_tiny_step_runs() {
        let list = all();
        let tiny = list
            .iter()
            .find(|c| c.name.starts_with("D/tiny_train"))
            .expect("the case is listed");
        let mut work = (tiny.prepare)();
        work();
        work();
    }
}
