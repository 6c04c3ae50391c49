use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

use crate::{assert_none, is_tests, sources, without_tests};

const CRATES: [&str; 6] = [
    "src-tauri/src",
    "src-tauri/cli/src",
    "src-tauri/core/src",
    "src-tauri/markdown/src",
    "src-tauri/print/src",
    "src-tauri/xtask/src",
];

/// For each module, by its path such as `store::search`, those that it knows.
type Edges = BTreeMap<String, BTreeSet<String>>;

/// The module that a file is, without the crate; the root, which wires the others, is none.
fn module_of(file: &Path) -> Option<String> {
    let path = file.with_extension("").to_string_lossy().replace(['/', '\\'], "::");
    (!["lib", "main"].contains(&path.as_str())).then_some(path)
}

/// The paths of a tree at the beginning of `text`: `a::{b, c::d}` has `a::b` and `a::c::d`.
fn branches(text: &str) -> Vec<String> {
    let text = text.trim_start();
    let end = text.find(|c: char| !c.is_alphanumeric() && !"_:".contains(c)).unwrap_or(text.len());
    let (path, rest) = text.split_at(end);
    let Some(list) = rest.strip_prefix('{').filter(|_| path.ends_with("::")) else {
        return vec![path.to_owned()];
    };
    let (mut depth, mut items) = (0, vec![String::new()]);
    for c in list.chars() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        match c {
            _ if depth < 0 => break,
            ',' if depth == 0 => items.push(String::new()),
            _ => items.last_mut().unwrap().push(c),
        }
    }
    items.iter().flat_map(|item| branches(item)).map(|branch| format!("{path}{branch}")).collect()
}

/// The paths from the root of the crate that the code of the module `here` names by `crate::` and `super::`.
fn paths_named(code: &str, here: &str) -> Vec<String> {
    let code: String =
        code.lines().map(|line| line.split("//").next().unwrap_or(line).to_owned() + "\n").collect();
    let starts = ["crate::", "super::"].into_iter().flat_map(|start| code.match_indices(start));
    let whole =
        starts.filter(|(at, _)| !code[..*at].ends_with(|c: char| c.is_alphanumeric() || "_:$".contains(c)));
    let absolute = |path: String| {
        if let Some(path) = path.strip_prefix("crate::") {
            return path.to_owned();
        }
        let (mut base, mut rest) = (here, path.as_str());
        while let Some(above) = rest.strip_prefix("super::") {
            base = base.rsplit_once("::").map_or("", |(base, _)| base);
            rest = above;
        }
        format!("{base}::{rest}").trim_start_matches("::").to_owned()
    };
    whole.flat_map(|(at, _)| branches(&code[at..])).map(absolute).collect()
}

/// Whether `above` has `below` in it, or is it.
fn holds(above: &str, below: &str) -> bool {
    below.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// What a module names, and each module the ones in it. That one knows those it is in says nothing.
fn edges_of(files: &[(String, String)]) -> Edges {
    let mut edges: Edges = files.iter().map(|(module, _)| (module.clone(), BTreeSet::new())).collect();
    for (module, code) in files {
        for path in paths_named(without_tests(code), module) {
            let known = edges.keys().filter(|other| holds(other, &path)).max_by_key(|other| other.len());
            if let Some(other) = known.cloned().filter(|other| !holds(other, module)) {
                edges.get_mut(module).unwrap().insert(other);
            }
        }
        if let Some(within) = module.rsplit_once("::").and_then(|(above, _)| edges.get_mut(above)) {
            within.insert(module.clone());
        }
    }
    edges
}

/// The shortest way from a module back to itself.
fn circle_through(start: &str, edges: &Edges) -> Option<Vec<String>> {
    let mut seen = BTreeSet::new();
    let mut ways = VecDeque::from([vec![start.to_owned()]]);
    while let Some(way) = ways.pop_front() {
        for next in &edges[way.last()?] {
            let longer = [way.as_slice(), std::slice::from_ref(next)].concat();
            if next == start {
                return Some(longer);
            }
            if seen.insert(next) {
                ways.push_back(longer);
            }
        }
    }
    None
}

/// One circle for each module that is in one.
fn circles(edges: &Edges) -> Vec<String> {
    let mut told = BTreeSet::new();
    let mut found = Vec::new();
    for module in edges.keys() {
        if let Some(circle) = circle_through(module, edges).filter(|_| !told.contains(module)) {
            found.push(circle.join(" -> "));
            told.extend(circle);
        }
    }
    found
}

#[test]
fn modules_of_a_crate_form_no_circle() {
    let mut faults = Vec::new();
    for folder in CRATES {
        let files = sources(folder, &[".rs"]).into_iter().filter(|(path, _)| !is_tests(path));
        let modules =
            files.filter_map(|(path, text)| Some((module_of(path.strip_prefix(folder).ok()?)?, text)));
        faults.extend(
            circles(&edges_of(&modules.collect::<Vec<_>>())).iter().map(|way| format!("{folder}: {way}")),
        );
    }
    assert_none(&faults, "modules that know each other in a circle");
}

#[test]
fn a_circle_is_found_in_lists_and_across_levels() {
    let of = |files: &[(&str, &str)]| {
        let owned = files.iter().map(|(module, code)| ((*module).to_owned(), (*code).to_owned()));
        circles(&edges_of(&owned.collect::<Vec<_>>()))
    };
    let line = [("a", "use crate::b::{self, c::{D, E}};"), ("b", ""), ("b::c", "use super::F;")];
    assert!(of(&line).is_empty(), "a module may know those that it is in");
    let one =
        [("a", "use crate::{x, b::{C, D}};"), ("b", "fn f() { super::a::g() } // crate::x::Y"), ("x", "")];
    assert_eq!(of(&one), ["a -> b -> a"]);
    let deep = [("a", "use crate::b;"), ("b", ""), ("b::c", "use super::super::a::D;")];
    assert_eq!(of(&deep), ["a -> b -> b::c -> a"]);
}
