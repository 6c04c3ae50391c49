//! From the word after a fence to a grammar.

use std::sync::OnceLock;

use syntect::parsing::{SyntaxReference, SyntaxSet};

/// Words that writers use and grammars do not know as their own.
const ALIASES: &[(&str, &str)] = &[
    ("arduino", "cpp"),
    ("assembly", "asm"),
    ("batch", "bat"),
    ("cjs", "js"),
    ("common-lisp", "lisp"),
    ("console", "sh"),
    ("csharp", "cs"),
    ("cu", "cpp"),
    ("cuda", "cpp"),
    ("delphi", "pas"),
    ("docker", "dockerfile"),
    ("dotenv", "env"),
    ("elisp", "el"),
    ("emacs-lisp", "el"),
    ("fortran", "f90"),
    ("fsharp", "fs"),
    ("gdscript", "gd"),
    ("golang", "go"),
    ("ino", "cpp"),
    ("ipython", "py"),
    ("javascriptreact", "js"),
    ("json5", "json"),
    ("jsonc", "json"),
    ("jsonl", "json"),
    ("jsx", "js"),
    ("ksh", "sh"),
    ("mariadb", "sql"),
    ("mdx", "md"),
    ("mjs", "js"),
    ("mysql", "sql"),
    ("ndjson", "json"),
    ("node", "js"),
    ("objc", "m"),
    ("objective-c", "m"),
    ("objectivec", "m"),
    ("plist", "xml"),
    ("plsql", "sql"),
    ("postgres", "sql"),
    ("postgresql", "sql"),
    ("proto3", "proto"),
    ("pycon", "py"),
    ("python3", "py"),
    ("regex", "re"),
    ("scheme", "scm"),
    ("shell", "sh"),
    ("shell-session", "sh"),
    ("shellscript", "sh"),
    ("sqlite", "sql"),
    ("sqlite3", "sql"),
    ("starlark", "py"),
    ("tsql", "sql"),
    ("typescriptreact", "tsx"),
    ("typst", "typ"),
    ("udiff", "diff"),
    ("viml", "vim"),
    ("vimscript", "vim"),
    ("x86asm", "asm"),
    ("xhtml", "html"),
];

/// Every grammar, loaded when the first code block comes.
pub(crate) fn grammars() -> &'static SyntaxSet {
    static GRAMMARS: OnceLock<SyntaxSet> = OnceLock::new();
    GRAMMARS.get_or_init(two_face::syntax::extra_newlines)
}

/// The language that an info string names: its first word, without the wrappings some writers put around it.
pub(crate) fn language(info: &str) -> &str {
    let word = info.split([' ', '\t', '\n', ',', ';', '{', '}']).find(|word| !word.is_empty()).unwrap_or("");
    word.trim_start_matches("language-").trim_start_matches('.')
}

/// `PowerShell` has no grammar here and is read without one.
pub(crate) fn is_powershell(language: &str) -> bool {
    ["powershell", "pwsh", "ps1", "posh"].iter().any(|name| language.eq_ignore_ascii_case(name))
}

/// The grammar for a language, or none for plain text and languages that nobody wrote one for.
pub(crate) fn grammar(language: &str) -> Option<&'static SyntaxReference> {
    if language.is_empty() || language.len() > 32 {
        return None;
    }
    let lower = language.to_lowercase();
    if matches!(lower.as_str(), "text" | "txt" | "plain" | "plaintext" | "plain text" | "none" | "output") {
        return None;
    }
    let token = ALIASES.iter().find(|(alias, _)| *alias == lower).map_or(lower.as_str(), |(_, token)| *token);
    grammars().find_syntax_by_token(token)
}

#[cfg(test)]
mod tests {
    use super::{grammar, language};

    #[test]
    fn words_after_a_fence() {
        for (info, expected) in [
            ("rust", "rust"),
            ("rust,ignore", "rust"),
            ("  js title=\"a\"", "js"),
            ("{.python .numberLines}", "python"),
            ("language-css", "css"),
            ("", ""),
            ("c++", "c++"),
            ("C#", "C#"),
        ] {
            assert_eq!(language(info), expected, "{info:?}");
        }
    }

    #[test]
    fn languages_have_grammars() {
        for name in [
            "rust",
            "rs",
            "python",
            "py",
            "python3",
            "javascript",
            "js",
            "jsx",
            "typescript",
            "ts",
            "tsx",
            "go",
            "golang",
            "java",
            "kotlin",
            "kt",
            "swift",
            "c",
            "h",
            "cpp",
            "c++",
            "cc",
            "csharp",
            "c#",
            "cs",
            "ruby",
            "rb",
            "php",
            "sql",
            "postgresql",
            "bash",
            "sh",
            "shell",
            "zsh",
            "console",
            "toml",
            "yaml",
            "yml",
            "json",
            "jsonc",
            "dockerfile",
            "docker",
            "makefile",
            "make",
            "diff",
            "patch",
            "html",
            "css",
            "scss",
            "less",
            "svelte",
            "vue",
            "lua",
            "haskell",
            "hs",
            "elixir",
            "ex",
            "zig",
            "nix",
            "latex",
            "tex",
            "markdown",
            "md",
            "xml",
            "svg",
            "perl",
            "r",
            "julia",
            "scala",
            "clojure",
            "clj",
            "erlang",
            "ocaml",
            "ml",
            "fsharp",
            "f#",
            "dart",
            "graphql",
            "protobuf",
            "proto",
            "terraform",
            "hcl",
            "tf",
            "cmake",
            "nginx",
            "ini",
            "vim",
            "fish",
            "groovy",
            "gradle",
            "objc",
            "objective-c",
            "pascal",
            "fortran",
            "matlab",
            "lisp",
            "elm",
            "crystal",
            "nim",
            "d",
            "verilog",
            "systemverilog",
            "vhdl",
            "glsl",
            "wgsl",
            "solidity",
            "typst",
            "awk",
            "tcl",
            "racket",
            "purescript",
            "asm",
            "bat",
            "rst",
            "dotenv",
            "env",
            "odin",
            "ada",
            "jinja2",
            "csv",
            "regex",
            "dot",
        ] {
            assert!(grammar(name).is_some(), "no grammar for {name}");
        }
    }

    #[test]
    fn plain() {
        for name in ["", "text", "plaintext", "nosuchlanguage", "\u{0}", "a".repeat(1000).as_str()] {
            assert!(grammar(name).is_none(), "{name:?} is plain");
        }
    }
}
