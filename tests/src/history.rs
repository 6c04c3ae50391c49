//! A large history, made in a minute: for measuring what only shows with a million messages.

use std::path::Path;
use std::time::Duration;

use porthole_core::App;
use porthole_core::domain::Failure;
use porthole_core::store::Store;
use rusqlite::{Connection, params};

/// How large a history is to be.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// How many conversations, besides the long one.
    pub conversations: u32,
    /// How many messages, spread over them, besides those of the long one.
    pub messages: u32,
    /// How many messages the long conversation has; it is the newest. 0: there is none.
    pub long: u32,
    /// How many bytes a reply has at least; it is an article then. 0: it is as short as a question.
    pub reply: usize,
}

impl Size {
    /// The size that `PORTHOLE_HISTORY=CONVERSATIONS,MESSAGES` asks for; without it 100,000 conversations and, with the
    /// long one, a million messages.
    pub fn asked() -> Self {
        let asked = std::env::var("PORTHOLE_HISTORY").unwrap_or_default();
        let numbers: Vec<u32> = asked.split(',').filter_map(|number| number.trim().parse().ok()).collect();
        let (conversations, messages) = match numbers.as_slice() {
            [conversations, messages] => (*conversations, *messages),
            _ => (100_000, 900_000),
        };
        Self { conversations, messages, long: 100_000, reply: 0 }
    }
}

/// The title of the long conversation.
pub const LONG: &str = "The long one";
/// When the oldest message was made: 2021-01-01.
const BEGUN_MS: i64 = 1_609_459_200_000;
/// When the newest was: 2026-11-01.
const ENDED_MS: i64 = 1_793_491_200_000;

/// The texts of a history of any size: the same for the same seed.
#[derive(Debug)]
pub struct Texts {
    dice: u64,
    latin: Vec<String>,
}

impl Texts {
    /// Texts derived from `seed`.
    pub fn new(seed: u64) -> Self {
        let mut texts = Self { dice: seed | 1, latin: Vec::new() };
        let syllables = [
            "ba", "con", "de", "ex", "fi", "gra", "hu", "in", "ka", "lo", "mi", "nu", "or", "pre", "ra",
            "ser", "ti", "un", "ver", "zo",
        ];
        texts.latin = (0..20_000)
            .map(|_| {
                let length = 2 + texts.roll(3);
                (0..length).map(|_| syllables[texts.roll(20)]).collect()
            })
            .collect();
        texts
    }

    fn roll(&mut self, sides: usize) -> usize {
        // xorshift64*: the same on every machine.
        self.dice ^= self.dice >> 12;
        self.dice ^= self.dice << 25;
        self.dice ^= self.dice >> 27;
        let mixed = self.dice.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(mixed).unwrap_or(0) % sides.max(1)
    }

    /// A rank out of this many, small ones far more often, as with words in use.
    fn rank(&mut self, of: usize) -> usize {
        let wide = self.roll(1_000_000) + 1;
        #[expect(clippy::cast_precision_loss, reason = "a rank needs no precision")]
        let share = (wide as f64 / 1_000_000.0).powi(3);
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it lies between nothing and `of`"
        )]
        let rank = (share * of as f64) as usize;
        rank.min(of - 1)
    }

    /// A word in Latin letters.
    pub fn latin(&mut self) -> String {
        let at = self.rank(self.latin.len());
        self.latin[at].clone()
    }

    /// This many Chinese characters in a row.
    pub fn chinese(&mut self, characters: usize) -> String {
        (0..characters)
            .filter_map(|_| {
                let rank = u32::try_from(self.rank(3_500)).unwrap_or(0);
                char::from_u32(0x4E00 + rank * 5)
            })
            .collect()
    }

    /// The text of a message: six out of ten in Latin letters, three in Chinese, one of code.
    pub fn message(&mut self) -> String {
        match self.roll(10) {
            0..6 => {
                let words = 8 + self.roll(50);
                (0..words).map(|_| self.latin()).collect::<Vec<_>>().join(" ")
            }
            6..9 => {
                let clauses = 2 + self.roll(10);
                (0..clauses)
                    .map(|_| {
                        let length = 4 + self.roll(14);
                        self.chinese(length)
                    })
                    .collect::<Vec<_>>()
                    .join("，")
            }
            _ => {
                let (name, value) = (self.latin(), self.latin());
                format!("```rust\nlet {name}_{value} = get_{name}(\"{value}\");\n```\n{}", self.chinese(6))
            }
        }
    }

    /// Markdown as models write it, of at least so many bytes: sections of prose, lists, tables and code.
    fn article(&mut self, bytes: usize) -> String {
        let mut article = self.message();
        while article.len() < bytes {
            let (one, other) = (self.latin(), self.latin());
            article += &format!("\n\n## {one} {other}\n\n{}\n", self.message());
            for _ in 0..2 + self.roll(3) {
                let (word, said) = (self.latin(), self.message().replace('\n', " "));
                article += &format!("\n- **{word}**: {said}");
            }
            if self.roll(3) == 0 {
                article += &format!("\n\n| {one} | {other} |\n|---|--:|");
                for row in 0..2 + self.roll(5) {
                    article += &format!("\n| {} `{}` | {row} |", self.latin(), self.latin());
                }
            }
        }
        article
    }
}

/// How many conversations are made in one transaction, all of which SQLite keeps beside the history until its end.
const AT_ONCE: u32 = 1_000;

/// Fills the empty data folder with a history of that size. The search index is left to be built at the next start.
///
/// # Errors
/// Those of SQLite.
///
/// # Panics
/// When the folder cannot be opened as a data folder.
pub fn fill(folder: &Path, size: Size) -> Result<(), rusqlite::Error> {
    fill_without_index(folder, size)?;
    Connection::open(folder.join(Store::FILE_NAME))?
        .execute("DELETE FROM setting WHERE name = 'search_index'", [])
        .map(drop)
}

/// As [`fill`], but the search index stays empty: nothing is built at the next start, and nothing is found.
///
/// # Errors
/// Those of SQLite.
///
/// # Panics
/// When the folder cannot be opened as a data folder.
pub fn fill_without_index(folder: &Path, size: Size) -> Result<(), rusqlite::Error> {
    drop(Store::open(folder, ENDED_MS).map_err(|error| rusqlite::Error::UserFunctionError(error.into()))?);
    let mut connection = Connection::open(folder.join(Store::FILE_NAME))?;
    connection.pragma_update(None, "synchronous", "off")?;
    let triggers: Vec<(String, String)> = connection
        .prepare("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'search%'")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (name, _) in &triggers {
        connection.execute_batch(&format!("DROP TRIGGER {name}"))?;
    }
    let mut texts = Texts::new(4);
    let mut transaction = connection.transaction()?;
    let each = (size.messages / size.conversations.max(1)).max(2);
    let all = i64::from(size.conversations.max(1));
    for number in 0..size.conversations {
        let at_ms = BEGUN_MS + (ENDED_MS - BEGUN_MS) / all * i64::from(number);
        let title = format!("{} {}", texts.latin(), texts.chinese(3));
        conversation(&transaction, &mut texts, at_ms, &title, each, size.reply)?;
        if number % AT_ONCE == AT_ONCE - 1 {
            transaction.commit()?;
            transaction = connection.transaction()?;
        }
    }
    if size.long > 0 {
        conversation(&transaction, &mut texts, ENDED_MS, LONG, size.long, size.reply)?;
    }
    for (_, sql) in triggers {
        transaction.execute_batch(&sql)?;
    }
    transaction.commit()?;
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
}

/// Waits until the search index of a history that was just made has been built.
///
/// # Errors
/// As [`App::search`].
pub async fn wait_for_index(app: &App) -> Result<(), Failure> {
    while app.search("", None, 0).await?.preparing.is_some() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

fn conversation(
    transaction: &Connection,
    texts: &mut Texts,
    at_ms: i64,
    title: &str,
    messages: u32,
    reply: usize,
) -> Result<(), rusqlite::Error> {
    let id = at_ms << 20;
    transaction
        .prepare_cached(
            "INSERT INTO conversation (id, title, titled_by, created_at_ms, updated_at_ms, leaf_id)
             VALUES (?1, ?2, 'person', ?3, ?4, NULL)",
        )?
        .execute(params![id, title, at_ms, at_ms + i64::from(messages)])?;
    let mut parent = None;
    for number in 1..=i64::from(messages) {
        let message = id + (number << 20);
        let depth = number - 1;
        let jump = (depth > 0).then(|| id + (((depth & (depth - 1)) + 1) << 20));
        let (role, model) =
            if number % 2 == 1 { ("user", None) } else { ("assistant", Some("deepseek-v4-pro")) };
        transaction
            .prepare_cached(
                "INSERT INTO message (id, conversation_id, parent_id, depth, jump_id, role, state, created_at_ms)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'complete', ?7)",
            )?
            .execute(params![message, id, parent, depth, jump, role, at_ms + number])?;
        if let Some(model) = model {
            transaction
                .prepare_cached(
                    "INSERT INTO attempt (message_id, state, started_at_ms, server_name, asked_model, model)
                     VALUES (?1, 'complete', ?2, 'DeepSeek', ?3, ?3)",
                )?
                .execute(params![message, at_ms + number, model])?;
        }
        let mut say = transaction
            .prepare_cached("INSERT INTO part (message_id, position, kind, text) VALUES (?1, ?2, ?3, ?4)")?;
        if model.is_some() && number % 10 == 0 {
            say.execute(params![message, 0, "thinking", texts.message()])?;
        }
        let said = if model.is_some() { texts.article(reply) } else { texts.message() };
        say.execute(params![message, 1, "text", said])?;
        parent = Some(message);
    }
    transaction
        .prepare_cached("UPDATE conversation SET leaf_id = ?2 WHERE id = ?1")?
        .execute(params![id, parent])?;
    Ok(())
}
