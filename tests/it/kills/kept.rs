//! What was told as committed, which every later look must find.

use std::collections::BTreeMap;

use porthole_core::App;
use porthole_core::domain::{Code, ConversationId, MessageState};
use porthole_tests::harness::words_of;

use super::asked::{Asked, Told};

/// A reply as it was found after its program's end.
struct Reply {
    conversation: ConversationId,
    question: String,
    text: String,
    state: MessageState,
}

/// What must be there.
pub(super) struct Kept {
    other: ConversationId,
    /// What the other conversation may be called: by the last name that was told as kept, or by one that came after it and
    /// was told as not kept, which may have reached the disk all the same.
    titles: Vec<String>,
    replies: Vec<Reply>,
    /// How often what happened, for whoever reads the soak's output.
    tally: BTreeMap<&'static str, u32>,
}

impl Kept {
    /// Follows the name of `other`.
    pub(super) fn with(other: ConversationId) -> Self {
        Self { other, titles: Vec::new(), replies: Vec::new(), tally: BTreeMap::new() }
    }

    /// Gives the other conversation a new name; returns why that could not be.
    pub(super) async fn rename(&mut self, app: &App, title: String) -> Option<Code> {
        let renamed = app.rename_conversation(self.other, &title).await;
        if renamed.is_ok() {
            self.titles.clear();
        }
        self.titles.push(title);
        renamed.err().map(|failure| failure.code)
    }

    /// Looks at the reply to `question`, of which `old` must be there and nothing but a beginning of `whole`.
    pub(super) async fn take(&mut self, app: &App, asked: &Asked, question: &str, old: &str, whole: &str) {
        let conversation = asked.conversation.expect("the question was told as kept");
        let branch = app.branch(conversation).await.unwrap();
        assert_eq!(words_of(&branch.messages[0]).1, question, "the question");
        let reply = &branch.messages[1];
        let text = words_of(reply).1;
        assert!(whole.starts_with(&text), "no gap and nothing twice: {text:?}");
        assert!(text.starts_with(old), "{question}: {} of {} characters are kept", text.len(), old.len());
        let is_whole = text == whole && reply.state == MessageState::Complete;
        assert!(is_whole || reply.state == MessageState::CutOff, "{question}: {:?}", reply.state);
        let (question, state) = (question.to_owned(), reply.state);
        self.replies.push(Reply { conversation, question, text, state });
    }

    /// Counts a round that ended with `last`.
    pub(super) fn count(&mut self, last: &Told, unsaved: bool) {
        let what = match last {
            Told::Done if unsaved => "saved late",
            Told::Done => "done",
            Told::Failed(_) => "refused",
            Told::Start | Told::Text | Told::Unsaved | Told::End if unsaved => "killed unsaved",
            Told::Start | Told::Text | Told::Unsaved | Told::End => "killed",
        };
        *self.tally.entry(what).or_default() += 1;
    }

    /// Tells how often what happened; each of it must have, if there were enough rounds for that.
    pub(super) fn tell(&self, rounds: u64) {
        println!("{rounds} rounds: {:?}", self.tally);
        assert!(rounds < 100 || self.tally.len() == 5, "not all that can happen did");
    }

    /// The latest reply is whole, because that was told.
    pub(super) fn latest_is_complete(&self) {
        let latest = self.replies.last().expect("there is one");
        assert_eq!(latest.state, MessageState::Complete, "{}", latest.question);
    }

    /// Looks for everything.
    pub(super) async fn look(&self, app: &App) {
        let title = app.branch(self.other).await.unwrap().conversation.title;
        assert!(self.titles.is_empty() || self.titles.contains(&title), "{title:?} of {:?}", self.titles);
        for kept in &self.replies {
            let branch = app.branch(kept.conversation).await.unwrap();
            assert_eq!(words_of(&branch.messages[0]).1, kept.question);
            assert_eq!(words_of(&branch.messages[1]).1, kept.text, "{}", kept.question);
            assert_eq!(branch.messages[1].state, kept.state, "{}", kept.question);
        }
        assert_eq!(app.check_history().await.unwrap().faults, Vec::<String>::new());
    }
}
