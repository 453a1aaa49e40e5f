//! What no file may say.

/// The words are put together here, so that this file does not hold them.
const DRIVER: &str = concat!("cuda", "rc");
const BESIDE: &str = concat!("../sha", "red");
const MACHINE: &str = concat!("/wo", "rk/");

/// The one file that may name data kept beside the checkout, to train on it where it is.
const MAY_LOOK_BESIDE: &str = ".ci/run";

/// Files outside of the CUDA crate that name the library it drives the GPU with. The workspace's
/// manifest holds every version, so it holds that one too.
pub(crate) fn driver_names(texts: &[(String, String)]) -> Vec<String> {
    let allowed = |path: &str| path.starts_with("crates/cuda/") || path == "Cargo.toml";
    lines_with(texts, DRIVER, |path| !allowed(path))
        .map(|place| format!("{place}: only crates/cuda may name {DRIVER}"))
        .collect()
}

/// Lines that name a place that only one machine has.
pub(crate) fn outside_places(texts: &[(String, String)]) -> Vec<String> {
    let mut broken: Vec<_> = lines_with(texts, BESIDE, |path| path != MAY_LOOK_BESIDE)
        .map(|place| format!("{place}: names {BESIDE}"))
        .collect();
    let places = lines_with(texts, MACHINE, |_| true);
    broken.extend(places.map(|place| format!("{place}: a path of one machine, {MACHINE}…")));
    broken
}

fn lines_with<'a>(
    texts: &'a [(String, String)],
    word: &'a str,
    looked_at: impl Fn(&str) -> bool + 'a,
) -> impl Iterator<Item = String> + 'a {
    texts
        .iter()
        .filter(move |(path, _)| looked_at(path))
        .flat_map(move |(path, text)| {
            let lines = text
                .lines()
                .enumerate()
                .filter(move |(_, line)| line.contains(word));
            lines.map(move |(number, _)| format!("{path}:{}", number + 1))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(path: &str, text: String) -> [(String, String); 1] {
        [(path.to_owned(), text)]
    }

    #[test]
    fn the_driver_library_outside_its_crate_is_seen() {
        let text = format!("//! A line.\nuse {DRIVER}::driver;\n");
        let found = driver_names(&one("crates/nn/src/lib.rs", text.clone()));
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("crates/nn/src/lib.rs:2:"), "{found:?}");
        assert!(driver_names(&one("crates/cuda/src/lib.rs", text.clone())).is_empty());
        let manifest = format!("[dependencies]\n{DRIVER}.workspace = true\n");
        assert_eq!(
            driver_names(&one("crates/nn/Cargo.toml", manifest)).len(),
            1
        );
    }

    #[test]
    fn places_of_one_machine_are_seen() {
        let found = outside_places(&one("docs/tour.md", format!("see {MACHINE}somewhere\n")));
        assert_eq!(found.len(), 1, "{found:?}");
        let beside = format!("data={BESIDE}/data\n");
        assert_eq!(outside_places(&one("README.md", beside.clone())).len(), 1);
        assert!(outside_places(&one(MAY_LOOK_BESIDE, beside)).is_empty());
    }
}
