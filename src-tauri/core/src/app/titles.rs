//! Titles that the model makes.
//!
//! After the first exchange the model that answered is asked for a title, where the conversation's text went anyway:
//! the same server, under the same locks. What is asked is no part of the conversation.

use futures_util::StreamExt;

use super::chat::{Asked, Running};
use super::{App, TITLES};
use crate::domain::{
    Author, Bill, Change, Effort, Failure, Message, MessageState, Place, Role, TitledBy, Usage, plain_text,
};
use crate::provider::{Delta, PromptMessage, Request, place_of};
use crate::turn;

/// What is asked. The words are the same each time, and stand behind what the server has read already.
const ASK: &str = "Give this conversation a title of two to six words, in the language of its first question. \
                   Answer with the title alone: no quotation marks, no full stop.";
/// How many characters of question and reply a hosted model is sent for it.
const EXCERPT: usize = 1_000;
/// The longest answer of a model that was told not to think, in tokens.
const PLAIN_TOKENS: u32 = 40;
/// The longest answer of a model that may think all the same.
const THINKING_TOKENS: u32 = 600;
/// The longest title, in characters.
const LONGEST: usize = 80;

impl App {
    /// Asks for a title when the turn is over, if its conversation has none but its first line yet.
    pub(super) fn title_after(&self, running: &Running) {
        let started = &running.started;
        if started.conversation.titled_by != TitledBy::Question || started.before.len() > 1 {
            return;
        }
        let (app, turn) = (self.clone(), running.turn.clone());
        let (conversation, reply, question) =
            (started.conversation.id, started.reply.id, started.before.clone());
        tokio::spawn(async move {
            turn.feed().ended().await;
            let Ok(reply) = app.0.store.message(reply).await else { return };
            if reply.state != MessageState::Complete || plain_text(&reply.parts).trim().is_empty() {
                return;
            }
            let exchange: Vec<Message> = question.into_iter().chain([reply]).collect();
            // A title is a courtesy: without one the first line stays.
            if app.title(conversation, &exchange).await.is_err() {
                tracing::debug!("no title was made");
            }
        });
    }

    async fn title(&self, id: crate::domain::ConversationId, exchange: &[Message]) -> Result<(), Failure> {
        let conversation = self.0.store.conversation(id).await?;
        let wanted = self.0.store.setting(TITLES).await?.unwrap_or(true);
        let author = exchange.last().and_then(|reply| reply.author.as_ref());
        let Some(model) = author.and_then(Author::choice) else { return Ok(()) };
        if !wanted || conversation.titled_by != TitledBy::Question || conversation.deleted_at_ms.is_some() {
            return Ok(());
        }
        let (asked, _) = self.asked(&model).await?;
        let request = self.title_request(&asked, conversation.settings.system.as_deref(), exchange);
        let mut deltas = asked.server.open(Request { conversation: Some(id), ..request.clone() }).await?;
        let (mut text, mut usage, mut answered) = (String::new(), Usage::default(), request.model);
        while let Some(delta) = deltas.next().await {
            match delta? {
                Delta::Text(piece) => text.push_str(&piece),
                Delta::TextWasThinking => text.clear(),
                Delta::Usage(more) => usage = more,
                Delta::Model(model) => answered = model,
                // A title that seems whole is taken as it is.
                Delta::Settled(_) => break,
                Delta::Thinking(_) | Delta::ToolCall(_) | Delta::Finish(_) | Delta::Unterminated => {}
            }
        }
        let rates = self.rates_of(&asked.record, id)(&answered);
        let bill = Bill { cost: rates.as_ref().and_then(|rates| rates.cost(&usage)), rates };
        if self.0.store.title_by_model(id, title_in(&text), bill).await? {
            self.tell(Change::chat(id));
        }
        Ok(())
    }

    /// A server of one's own is asked behind the conversation itself, which it has in its cache, so that the cache
    /// is still good for the next question. A hosted one is sent the beginnings alone, because every token is paid for.
    fn title_request(&self, asked: &Asked, system: Option<&str>, exchange: &[Message]) -> Request {
        let internet = |place| matches!(place, Place::Internet { .. });
        let local = self.account_of(&asked.record).is_none()
            && !place_of_record(&asked.record.spec.url).is_none_or(internet);
        let mut messages = if local {
            turn::messages_of(system, exchange)
        } else {
            vec![PromptMessage::new(Role::User, excerpt(exchange))]
        };
        if local {
            messages.push(PromptMessage::new(Role::User, ASK.to_owned()));
        }
        let spoken = self.spoken_to(asked);
        let efforts = spoken.known.and_then(|model| model.efforts);
        let can_be_quiet = efforts.as_ref().is_none_or(|efforts| efforts.contains(&Effort::Off));
        let thinks = efforts.is_none_or(|efforts| efforts.iter().any(|effort| *effort != Effort::Off));
        Request {
            model: spoken.model,
            messages,
            temperature: None,
            top_p: None,
            max_tokens: Some(if thinks && (local || !can_be_quiet) { THINKING_TOKENS } else { PLAIN_TOKENS }),
            effort: (can_be_quiet && thinks).then_some(Effort::Off),
            continues: false,
            conversation: None,
        }
    }
}

fn place_of_record(url: &str) -> Option<Place> {
    url::Url::parse(url).ok().map(|url| place_of(&url))
}

/// Question and reply as they begin, with what is asked at the end.
fn excerpt(exchange: &[Message]) -> String {
    let beginnings = exchange.iter().map(|message| {
        let speaker = if message.role == Role::User { "Question" } else { "Reply" };
        let beginning: String = plain_text(&message.parts).chars().take(EXCERPT).collect();
        format!("{speaker}:\n{}\n\n", beginning.trim())
    });
    beginnings.chain([ASK.to_owned()]).collect()
}

/// The title in what a model answered: its first line, without the ornaments that models put around titles.
fn title_in(answer: &str) -> Option<String> {
    let line = answer.lines().map(str::trim).find(|line| !line.is_empty())?;
    let line = ["Title:", "title:", "标题：", "标题:"]
        .iter()
        .find_map(|label| line.strip_prefix(label))
        .unwrap_or(line);
    let ornament = |character: char| {
        character.is_whitespace()
            || matches!(character, '"' | '“' | '”' | '「' | '」' | '《' | '》' | '*' | '#' | '`' | '\'')
    };
    let title = line.trim_matches(ornament).trim_end_matches(['.', '。']).trim_matches(ornament);
    let fits = !title.is_empty() && title.chars().count() <= LONGEST;
    fits.then(|| title.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_taken_without_its_ornaments() {
        for (answer, title) in [
            ("Blue sky", Some("Blue sky")),
            ("\n \"Why the sky is blue.\"\nI chose", Some("Why the sky is blue")),
            ("**Title: Sky**", Some("Title: Sky")),
            ("Title: Sky", Some("Sky")),
            ("《天空为什么是蓝的》。", Some("天空为什么是蓝的")),
            ("   ", None),
            ("", None),
        ] {
            assert_eq!(title_in(answer).as_deref(), title, "{answer}");
        }
        assert_eq!(title_in(&"word ".repeat(40)), None, "a model that talks on made no title");
    }
}
