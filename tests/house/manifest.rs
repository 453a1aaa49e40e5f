//! As much of a Cargo.toml as the rules need.

/// A dependency as a manifest names it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Dependency {
    /// The package, under its own name where the manifest renames it.
    pub(crate) package: String,
    /// Whether only tests, examples and benchmarks get it.
    pub(crate) dev: bool,
}

/// The dependencies of every table: normal, build and dev, for all targets or one.
pub(crate) fn dependencies(manifest: &str) -> Vec<Dependency> {
    let mut found: Vec<Dependency> = Vec::new();
    let mut table = String::new();
    for line in manifest.lines().map(without_comment) {
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            name.clone_into(&mut table);
            // `[dependencies.name]` names one by itself.
            if let Some((kind, package)) = table.rsplit_once('.')
                && is_dependencies(kind)
            {
                found.push(Dependency {
                    package: package.to_owned(),
                    dev: is_dev(kind),
                });
            }
        } else if let Some((key, value)) = line.split_once('=') {
            let renamed = value
                .split_once("package")
                .map(|(_, rest)| rest)
                .and_then(quoted);
            if is_dependencies(&table) {
                let key = key
                    .split('.')
                    .next()
                    .unwrap_or(key)
                    .trim()
                    .trim_matches('"');
                let package = renamed.unwrap_or(key).to_owned();
                found.push(Dependency {
                    package,
                    dev: is_dev(&table),
                });
            } else if key.trim() == "package"
                && table
                    .rsplit_once('.')
                    .is_some_and(|(kind, _)| is_dependencies(kind))
                && let (Some(last), Some(package)) = (found.last_mut(), quoted(value))
            {
                package.clone_into(&mut last.package);
            }
        }
    }
    found
}

/// The strings of an array, `members = ["a", "b"]`, over one line or many.
pub(crate) fn strings(manifest: &str, key: &str) -> Vec<String> {
    let lines: Vec<_> = manifest.lines().map(without_comment).collect();
    let starts = |line: &&str| {
        line.split_once('=')
            .is_some_and(|(name, _)| name.trim() == key)
    };
    let Some(first) = lines.iter().position(starts) else {
        return Vec::new();
    };
    let text = lines[first..].join("\n");
    let array = text
        .split_once('[')
        .and_then(|(_, rest)| rest.split_once(']'));
    let inside = array.map_or("", |(inside, _)| inside);
    inside
        .split(',')
        .filter_map(quoted)
        .map(str::to_owned)
        .collect()
}

fn is_dependencies(table: &str) -> bool {
    let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
    let last = table.rsplit('.').next().unwrap_or(table);
    kinds.contains(&last) && (table == last || table.starts_with("target."))
}

fn is_dev(table: &str) -> bool {
    table.ends_with("dev-dependencies")
}

fn quoted(text: &str) -> Option<&str> {
    text.split('"').nth(1)
}

fn without_comment(line: &str) -> &str {
    line.split('#').next().unwrap_or(line).trim()
}

#[test]
fn dependencies_are_read_however_they_are_written() {
    let found = dependencies(
        "[package]\nname = \"x\" # a = 1\n[dependencies]\na.workspace = true\n\
         b = { version = \"1\", package = \"ondol-b\" }\n\
         [target.'cfg(unix)'.dependencies]\nc = \"1\"\n[dependencies.d]\npackage = \"ondol-d\"\n\
         [build-dependencies]\ne = \"1\"\n[dev-dependencies]\nf = \"1\"\n[features]\ng = []\n\
         [workspace.dependencies]\nh = \"1\"\n",
    );
    let names: Vec<_> = found.iter().map(|d| (&*d.package, d.dev)).collect();
    let normal = ["a", "ondol-b", "c", "ondol-d", "e"].map(|name| (name, false));
    assert_eq!(names, [&normal[..], &[("f", true)]].concat());
}

#[test]
fn arrays_are_read_over_lines() {
    let text = "[workspace]\nmembers = [\n \"a\", # first\n \"b\",\n]\ndefault-members = [\".\"]\n";
    assert_eq!(strings(text, "members"), ["a", "b"]);
    assert_eq!(strings(text, "default-members"), ["."]);
    assert!(strings(text, "exclude").is_empty());
}
