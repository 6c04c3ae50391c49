//! Conversations as files, out and in.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use porthole_core::domain::{ConversationId, Failure};
use porthole_core::{App, Branches, ExportLanguage, Format, Place, Progress, Selection, Wanted};

use crate::lines::{Line, Output};

#[derive(Args)]
#[group(id = "meant", required = true, multiple = true)]
struct Meant {
    /// These conversations, by id
    #[arg(long = "conversation", value_name = "ID", group = "meant")]
    conversations: Vec<ConversationId>,
    /// Those in this folder and in the folders in it, by name or id
    #[arg(long, value_name = "F", group = "meant", conflicts_with_all = ["conversations", "tag", "all"])]
    folder: Option<String>,
    /// Those with this tag
    #[arg(long, value_name = "T", group = "meant", conflicts_with_all = ["conversations", "all"])]
    tag: Option<String>,
    /// All but those in the trash
    #[arg(long, group = "meant", conflicts_with = "conversations")]
    all: bool,
}

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Export {
    #[command(flatten)]
    meant: Meant,
    /// What to write
    #[arg(long, value_name = "FORMAT", value_parser = format())]
    format: Format,
    /// All branches, and not only the one that is shown
    #[arg(long, overrides_with = "branch")]
    tree: bool,
    /// Only the branch that is shown (the default)
    #[arg(long)]
    branch: bool,
    /// Leave out what models thought
    #[arg(long)]
    no_thinking: bool,
    /// Leave out the system message
    #[arg(long)]
    no_system: bool,
    /// Leave out tokens and cost
    #[arg(long)]
    no_usage: bool,
    /// Leave out attachments, which chats cannot have so far
    #[arg(long)]
    no_attachments: bool,
    /// The language of the words around what was said: en or zh-Hans
    #[arg(long, value_name = "LANGUAGE", default_value = "en", value_parser = language())]
    language: ExportLanguage,
    /// A file, a folder, a zip archive (.zip), or - for standard output
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
}

/// Reads the name of a format.
fn format() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(["json", "markdown", "html", "pdf", "docx", "text", "jsonl", "csv"]).map(
        |name| match name.as_str() {
            "markdown" => Format::Markdown,
            "html" => Format::Html,
            "pdf" => Format::Pdf,
            "docx" => Format::Docx,
            "text" => Format::Text,
            "jsonl" => Format::Jsonl,
            "csv" => Format::Csv,
            _ => Format::Json,
        },
    )
}

/// Reads the name of a language.
fn language() -> impl TypedValueParser<Value = ExportLanguage> {
    PossibleValuesParser::new(["en", "zh-Hans"]).map(|name| match name.as_str() {
        "zh-Hans" => ExportLanguage::SimplifiedChinese,
        _ => ExportLanguage::English,
    })
}

impl Export {
    pub(crate) async fn run(self, app: &App, output: &Output) -> Result<ExitCode, Failure> {
        // Asked for by scripts that are to go on working when there are some.
        let _ = self.no_attachments;
        let selection = match (self.meant.folder, self.meant.tag) {
            (Some(folder), _) => Selection::Folder(app.folder_named(&folder).await?.id),
            (None, Some(tag)) => Selection::Tag(tag.trim().to_owned()),
            (None, None) if self.meant.all => Selection::All,
            (None, None) => Selection::Conversations(self.meant.conversations),
        };
        let to_screen = self.out.as_os_str() == "-";
        let place =
            if to_screen { Place::Stream(Box::new(io::stdout())) } else { Place::at(self.out.clone()) };
        let wanted = Wanted {
            branches: if self.tree { Branches::All } else { Branches::Shown },
            thinking: !self.no_thinking,
            system: !self.no_system,
            usage: !self.no_usage,
            language: self.language,
        };
        let exported = app.export(selection, self.format, wanted, place, &Progress::default()).await?;
        // What was asked for stands alone on standard output.
        if !to_screen {
            let path = self.out.display().to_string();
            let words = format!("{exported} exported to {path}\n");
            output.tell(&Line::Exported { conversations: exported, path }, &words)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Args)]
pub(crate) struct Import {
    /// Files that `export --format json` wrote, folders of them, or zip archives of them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

impl Import {
    pub(crate) async fn run(self, app: &App, output: &Output) -> Result<ExitCode, Failure> {
        for path in self.paths {
            let imported = app.import(&path).await?;
            let path = path.display().to_string();
            let words = format!("{path}: {} added, {} there already\n", imported.added, imported.there);
            output.tell(&Line::Imported { added: imported.added, there: imported.there, path }, &words)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
