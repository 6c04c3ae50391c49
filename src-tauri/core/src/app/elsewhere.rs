//! Replies that no turn of this program fills: those that are over, and those that another program receives.

use std::time::Duration;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::App;
use super::view::drawn;
use crate::domain::{
    Change, Failure, Message, MessageId, MessageMeta, MessageState, plain_text, thinking_text,
};
use crate::turn::{self, Phase, TurnPatch};

/// The revision of a reply that is over: nothing is newer.
const OVER: u64 = u32::MAX as u64;

/// How often it is asked whether the program that receives a reply still lives. One that died commits nothing more.
const STILL_THERE: Duration = Duration::from_secs(2);

impl App {
    /// What the history has of a reply, as soon as that is newer than `seen`.
    pub(super) async fn patch_from_history(
        &self,
        reply: MessageId,
        seen: u64,
        thinking_seen: Option<u64>,
    ) -> Result<TurnPatch, Failure> {
        loop {
            let mut changes = self.changes();
            let (message, revision) = self.0.store.message_so_far(reply).await?;
            let over = message.state != MessageState::Arriving;
            let unfolded_later = thinking_seen.is_some_and(|thinking_seen| thinking_seen < seen);
            if over || revision > seen || unfolded_later {
                let versions = self.0.store.versions(reply).await?;
                let revision = if over { OVER } else { revision };
                return drawn(move || patch(&message, revision, versions, thinking_seen.is_some())).await;
            }
            if tokio::time::timeout(STILL_THERE, change_of(&message, &mut changes)).await.is_err() {
                self.0.store.end_abandoned().await?;
            }
        }
    }
}

async fn change_of(reply: &Message, changes: &mut Receiver<Change>) {
    loop {
        match changes.recv().await {
            Ok(Change::Arriving { id }) if id == reply.id => return,
            Ok(Change::Chat { id, .. }) if id == reply.conversation => return,
            Ok(Change::Everything) | Err(RecvError::Lagged(_) | RecvError::Closed) => return,
            Ok(_) => {}
        }
    }
}

fn patch(message: &Message, revision: u64, versions: Vec<MessageId>, with_thinking: bool) -> TurnPatch {
    let over = revision == OVER;
    let whole = |text: &str| {
        let mut document = porthole_markdown::Document::new();
        document.push(text);
        if over {
            document.finish();
        }
        document.patch_since(0)
    };
    let (text, thinking) = (plain_text(&message.parts), thinking_text(&message.parts));
    let phase = match (over, text.is_empty(), thinking.is_empty()) {
        (true, ..) => Phase::Ended { meta: Box::new(MessageMeta::of(message, versions)) },
        (false, false, _) => Phase::Answering,
        (false, true, false) => Phase::Thinking,
        (false, true, true) => Phase::Waiting,
    };
    TurnPatch {
        revision,
        phase,
        text: whole(&text),
        thinking: with_thinking.then(|| whole(&thinking)),
        thinking_line: turn::newest_line(&thinking),
        thinking_ms: message.timing.thinking_ms,
    }
}
