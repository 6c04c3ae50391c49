use porthole_core::domain::Failure;
use std::process::ExitCode;

use clap::Args;
use porthole_core::{App, Hit, SnippetPiece};

use crate::lines::{Line, Output};

#[derive(Args)]
pub(crate) struct Search {
    /// Words, "phrases", -without, and filters such as model:pro or before:2026-03
    #[arg(required_unless_present = "rebuild", allow_hyphen_values = true)]
    query: Option<String>,
    /// How many hits at most
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: u32,
    /// Build the index anew
    #[arg(long)]
    rebuild: bool,
}

impl Search {
    pub(crate) async fn run(self, app: &App, output: &Output) -> Result<ExitCode, Failure> {
        if self.rebuild {
            app.rebuild_search().await?;
            app.search_is_ready().await?;
        }
        let Some(query) = self.query else { return Ok(ExitCode::SUCCESS) };
        // A program that ends at once can wait for what the window would show later.
        app.search_is_ready().await?;
        let found = app.search(&query, None, self.limit).await?;
        for hit in found.hits.iter().take(usize::try_from(self.limit).unwrap_or(usize::MAX)) {
            let passage: String = hit.snippet.iter().map(|piece| piece.text.as_str()).collect();
            let words = format!("{}  {}\n    {passage}\n", hit.conversation, hit.title);
            output.tell(&line(hit), &words)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn line(hit: &Hit) -> Line<'_> {
    Line::Hit {
        conversation: hit.conversation.to_string(),
        message: hit.message.to_string(),
        snippet: hit.snippet.iter().map(|piece| piece.text.as_str()).collect(),
        hits: places(&hit.snippet),
        found_in: hit.found_in,
        title: &hit.title,
        role: hit.role.name(),
        created_at_ms: hit.created_at_ms,
    }
}

/// Where the hits stand in the passage, in characters: from, and until before.
fn places(snippet: &[SnippetPiece]) -> Vec<(usize, usize)> {
    let mut at = 0;
    let mut places = Vec::new();
    for piece in snippet {
        let end = at + piece.text.chars().count();
        if piece.hit {
            places.push((at, end));
        }
        at = end;
    }
    places
}
