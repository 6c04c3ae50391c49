//! From the word after a fence to a grammar.

use std::sync::OnceLock;

use syntect::parsing::{SyntaxReference, SyntaxSet};

/// Grammars, and words that writers use for them and they do not know as their own.
const ALIASES: &[(&str, &str)] = &[
    ("asm", "assembly x86asm"),
    ("bat", "batch"),
    ("cpp", "arduino cu cuda ino"),
    ("cs", "csharp"),
    ("diff", "udiff"),
    ("dockerfile", "docker"),
    ("el", "elisp emacs-lisp"),
    ("env", "dotenv"),
    ("f90", "fortran"),
    ("fs", "fsharp"),
    ("gd", "gdscript"),
    ("go", "golang"),
    ("html", "xhtml"),
    ("js", "cjs javascriptreact jsx mjs node"),
    ("json", "json5 jsonc jsonl ndjson"),
    ("lisp", "common-lisp"),
    ("m", "objc objective-c objectivec"),
    ("md", "mdx"),
    ("pas", "delphi"),
    ("proto", "proto3"),
    ("py", "ipython pycon python3 starlark"),
    ("re", "regex"),
    ("scm", "scheme"),
    ("sh", "console ksh shell shell-session shellscript"),
    ("sql", "mariadb mysql plsql postgres postgresql sqlite sqlite3 tsql"),
    ("tsx", "typescriptreact"),
    ("typ", "typst"),
    ("vim", "viml vimscript"),
    ("xml", "plist"),
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
    let token = ALIASES
        .iter()
        .find(|(_, aliases)| aliases.split(' ').any(|alias| alias == lower))
        .map_or(lower.as_str(), |(token, _)| *token);
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
