//! The tree of a conversation: versions, branches, forks.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::chat::{Running, check_words};
use super::order::Undo;
use super::view::{Sent, Transcript};
use super::{App, UndoId};
use crate::domain::{Change, Conversation, ConversationId, Effort, Failure, Message, MessageId, ModelChoice};
use crate::store::{Taken, TreeNode};

/// How many characters of a message stand in the map.
const LABEL: u32 = 80;

/// A stretch of a conversation's tree between two places where it branches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
pub struct BranchStretch {
    /// Its first message.
    pub first: MessageId,
    /// Its last message.
    pub last: MessageId,
    /// The first message of the stretch it follows.
    pub parent: Option<MessageId>,
    /// How many messages it has.
    pub messages: u32,
    /// The beginning of its first message, at most 80 characters.
    pub label: String,
    /// The model of its first message, if that is a reply.
    pub model: Option<String>,
    /// Whether it is part of the branch that is shown.
    pub shown: bool,
}

/// What was taken away, and what is shown instead.
#[derive(Debug, Clone, Serialize, specta::Type)]
pub struct VersionDeleted {
    /// The branch that is shown now.
    pub transcript: Transcript,
    /// The way back.
    pub undo: UndoId,
}

/// A branch that has become a conversation of its own.
#[derive(Debug, Clone, Serialize, specta::Type)]
pub struct BranchMoved {
    /// The conversation that it is now.
    pub conversation: Conversation,
    /// The way back.
    pub undo: UndoId,
}

/// All versions of one turn.
#[derive(Debug, Clone)]
pub struct Versions {
    /// The conversation.
    pub conversation: Conversation,
    /// The versions in order of age.
    pub messages: Vec<Message>,
    /// The one on the branch that is shown, if that goes through any.
    pub shown: Option<MessageId>,
}

impl App {
    /// Asks for another version of a reply, of the same model or another.
    /// The effort counts for this version alone.
    ///
    /// # Errors
    /// `not_found` for a deleted version, and in the trash.
    pub async fn regenerate(
        &self,
        message: MessageId,
        model: Option<ModelChoice>,
        effort: Option<Effort>,
    ) -> Result<Sent, Failure> {
        Ok(self.show_turn(self.ask_again(message, model, effort).await?))
    }

    /// Puts another version of a question beside it and asks for its reply.
    ///
    /// # Errors
    /// As [`App::send`]; `invalid_request` for what is not a person's message; `not_found` for a deleted version, and in
    /// the trash.
    pub async fn edit_message(
        &self,
        message: MessageId,
        text: &str,
        model: ModelChoice,
    ) -> Result<Sent, Failure> {
        Ok(self.show_turn(self.ask_instead(message, text, model, None).await?))
    }

    /// As [`App::edit_message`], for a caller that reads the turn itself. The effort counts for this reply alone.
    pub async fn ask_instead(
        &self,
        message: MessageId,
        text: &str,
        model: ModelChoice,
        effort: Option<Effort>,
    ) -> Result<Running, Failure> {
        check_words(text)?;
        let (asked, reply) = self.asked(&model).await?;
        let (store, text) = (self.0.store.clone(), text.to_owned());
        let commit = async move { store.ask_instead(message, text, reply).await };
        self.commit_and_begin(commit, asked, effort).await
    }

    /// Puts another version of a question beside it and asks nobody. The branch that ends in it is shown.
    ///
    /// # Errors
    /// As [`App::edit_message`].
    pub async fn put_instead(&self, message: MessageId, text: &str) -> Result<Message, Failure> {
        check_words(text)?;
        let put = self.0.store.put_instead(message, text.to_owned(), self.0.clock.now_ms()).await?;
        self.tell(Change::chat(put.conversation));
        Ok(put)
    }

    /// All versions of a message's turn.
    ///
    /// # Errors
    /// `not_found` for a deleted version.
    pub async fn versions(&self, message: MessageId) -> Result<Versions, Failure> {
        let (conversation, messages, shown) = self.0.store.turn_of(message).await?;
        Ok(Versions { conversation, messages, shown })
    }

    /// As [`App::choose_version`], for a caller that shows nothing itself: what the window opens next stays as it is.
    pub async fn show_version(&self, message: MessageId) -> Result<Conversation, Failure> {
        let id = self.0.store.show_branch_of(message).await?;
        self.tell(Change::chat(id));
        Ok(self.0.store.conversation(id).await?)
    }

    /// Begins a conversation with all that was said up to `message`, itself included. The old one stays as it is.
    ///
    /// # Errors
    /// `invalid_request` while `message` arrives, `not_found`.
    pub async fn fork_conversation(&self, message: MessageId) -> Result<Conversation, Failure> {
        let conversation = self.0.store.fork(message, self.0.clock.now_ms()).await?;
        self.tell(Change::chat(conversation.id));
        Ok(conversation)
    }

    /// As [`App::fork_conversation`], with a title that a person chose.
    ///
    /// # Errors
    /// `invalid_request` for a blank title too.
    pub async fn fork_titled(&self, message: MessageId, title: &str) -> Result<Conversation, Failure> {
        let now_ms = self.0.clock.now_ms();
        let conversation = self.0.store.fork_titled(message, title.to_owned(), now_ms).await?;
        self.tell(Change::chat(conversation.id));
        Ok(conversation)
    }

    /// Takes away one version of a turn with all that followed it, after stopping what arrives in it. Another version of
    /// the turn is shown instead, or the message before it.
    ///
    /// # Errors
    /// `invalid_request` for the only first message: then the conversation is what is to be deleted.
    pub async fn delete_version(&self, message: MessageId) -> Result<VersionDeleted, Failure> {
        let taken = self.take(message).await?;
        let undo = self.0.undos.remember(Undo::Version(taken));
        let transcript = self.open_conversation(taken.conversation, None).await?;
        Ok(VersionDeleted { transcript, undo })
    }

    /// As [`App::delete_version`], for what follows a message: the message itself stays.
    ///
    /// # Errors
    /// `invalid_request` where nothing follows it.
    pub async fn delete_below(&self, message: MessageId) -> Result<VersionDeleted, Failure> {
        self.stop_below(message).await?;
        let taken = self.0.store.take_below(message, self.0.clock.now_ms()).await?;
        self.tell(Change::chat(taken.conversation));
        let undo = self.0.undos.remember(Undo::Version(taken));
        let transcript = self.open_conversation(taken.conversation, None).await?;
        Ok(VersionDeleted { transcript, undo })
    }

    /// Begins a conversation with a branch: everything above `message`, it, and all that follows it.
    ///
    /// # Errors
    /// `invalid_request` while some of it arrives, `not_found`.
    pub async fn copy_branch(&self, message: MessageId) -> Result<Conversation, Failure> {
        let conversation = self.0.store.copy_branch(message, self.0.clock.now_ms()).await?;
        self.tell(Change::chat(conversation.id));
        Ok(conversation)
    }

    /// As [`App::copy_branch`], and deletes `message` with all that follows it where it was.
    ///
    /// # Errors
    /// `invalid_request` while some of it arrives, and for the only first message; `not_found`.
    pub async fn move_branch(&self, message: MessageId) -> Result<BranchMoved, Failure> {
        let (conversation, taken) = self.0.store.move_branch(message, self.0.clock.now_ms()).await?;
        self.tell(Change::chat(conversation.id));
        self.tell(Change::chat(taken.conversation));
        let undo = self.0.undos.remember(Undo::Branch { taken, made: conversation.id });
        Ok(BranchMoved { conversation, undo })
    }

    /// As [`App::delete_version`], for a caller that shows nothing itself; [`App::restore_message`] is its way back.
    pub async fn delete_message(&self, message: MessageId) -> Result<Conversation, Failure> {
        let taken = self.take(message).await?;
        Ok(self.0.store.conversation(taken.conversation).await?)
    }

    /// Brings a deleted message back with all that was deleted together with it, in whatever run of the program, and
    /// shows the branch through it. One that was not deleted stays as it is.
    ///
    /// # Errors
    /// `invalid_request` where it follows a message that was deleted at another time; `not_found`.
    pub async fn restore_message(&self, message: MessageId) -> Result<Conversation, Failure> {
        let conversation = self.0.store.restore_message(message).await?;
        self.tell(Change::chat(conversation.id));
        Ok(conversation)
    }

    async fn stop_below(&self, message: MessageId) -> Result<(), Failure> {
        for reply in self.0.store.arriving_below(message).await? {
            self.stop_and_wait(reply).await?;
        }
        Ok(())
    }

    async fn take(&self, message: MessageId) -> Result<Taken, Failure> {
        self.stop_below(message).await?;
        let taken = self.0.store.take_version(message, self.0.clock.now_ms()).await?;
        self.tell(Change::chat(taken.conversation));
        Ok(taken)
    }

    /// The tree of a conversation, stretches in the order of age.
    pub async fn branches(&self, conversation: ConversationId) -> Result<Vec<BranchStretch>, Failure> {
        let (nodes, leaf) = self.0.store.tree(conversation).await?;
        let mut stretches = stretches_of(&nodes, leaf);
        let firsts = stretches.iter().map(|stretch| stretch.first).collect();
        let beginnings = self.0.store.beginnings(firsts, LABEL).await?;
        for (stretch, beginning) in stretches.iter_mut().zip(beginnings) {
            stretch.label = beginning.split_whitespace().collect::<Vec<_>>().join(" ");
        }
        Ok(stretches)
    }
}

/// The tree in stretches: each begins with a first message or below a message that several follow.
fn stretches_of(nodes: &[TreeNode], leaf: Option<MessageId>) -> Vec<BranchStretch> {
    let parents: HashMap<MessageId, Option<MessageId>> =
        nodes.iter().map(|node| (node.id, node.parent)).collect();
    let mut shown = HashSet::new();
    let mut next = leaf;
    while let Some(message) = next.filter(|message| shown.insert(*message)) {
        next = parents.get(&message).copied().flatten();
    }
    let mut followers: HashMap<Option<MessageId>, u32> = HashMap::new();
    for node in nodes {
        *followers.entry(node.parent).or_default() += 1;
    }
    // In the order of age a message stands after the one it follows.
    let mut stretch_of: HashMap<MessageId, usize> = HashMap::new();
    let mut stretches: Vec<BranchStretch> = Vec::new();
    for node in nodes {
        let above = node.parent.and_then(|parent| stretch_of.get(&parent).copied());
        let goes_on = above.filter(|_| followers.get(&node.parent) == Some(&1));
        let at = goes_on.unwrap_or(stretches.len());
        if let Some(stretch) = stretches.get_mut(at) {
            stretch.last = node.id;
            stretch.messages += 1;
        } else {
            stretches.push(BranchStretch {
                first: node.id,
                last: node.id,
                parent: above.and_then(|at| stretches.get(at)).map(|above| above.first),
                messages: 1,
                label: String::new(),
                model: node.model.clone(),
                shown: shown.contains(&node.id),
            });
        }
        stretch_of.insert(node.id, at);
    }
    stretches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: i64) -> MessageId {
        MessageId::from_rowid(number)
    }

    fn check(tree: &[(i64, i64)], leaf: i64, expected: &[(i64, i64, Option<i64>, u32, bool)]) {
        let nodes: Vec<TreeNode> = tree
            .iter()
            .map(|(node, parent)| TreeNode {
                id: id(*node),
                parent: (*parent > 0).then(|| id(*parent)),
                model: None,
            })
            .collect();
        let seen: Vec<_> = stretches_of(&nodes, Some(id(leaf)))
            .into_iter()
            .map(|stretch| {
                let rowid = MessageId::rowid;
                (
                    rowid(stretch.first),
                    rowid(stretch.last),
                    stretch.parent.map(rowid),
                    stretch.messages,
                    stretch.shown,
                )
            })
            .collect();
        assert_eq!(seen, expected, "{tree:?}");
    }

    #[test]
    fn a_tree_is_cut_where_it_branches() {
        check(&[(1, 0), (2, 1), (3, 2)], 3, &[(1, 3, None, 3, true)]);
        check(
            &[(1, 0), (2, 1), (3, 1), (4, 3)],
            4,
            &[(1, 1, None, 1, true), (2, 2, Some(1), 1, false), (3, 4, Some(1), 2, true)],
        );
        check(&[(1, 0), (2, 0)], 1, &[(1, 1, None, 1, true), (2, 2, None, 1, false)]);
        check(&[], 1, &[]);
    }
}
