//! What holds in every history, whoever did what to it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use porthole_core::domain::{ConversationId, ConversationRow, Folder, FolderId, MessageId, Money, Usage};
use porthole_core::store::Store;
use porthole_core::{App, ConversationList, ListPosition};
use rusqlite::Connection;
use rusqlite::types::Value;

/// The file of a history, as it is.
pub(super) struct File(Connection);

/// What a refused step leaves as it was: all but what replies that arrive meanwhile bring.
const CONTENT: [&str; 7] = [
    "SELECT id, title, titled_by, created_at_ms, updated_at_ms, deleted_at_ms, leaf_id, system, temperature, top_p,
            max_tokens, effort, server_id, model, lock, folder_id, pinned_at_ms, archived_at_ms, forked_from
     FROM conversation ORDER BY id",
    "SELECT id, conversation_id, parent_id, role, created_at_ms, deleted_at_ms, chosen_child_id, depth, jump_id
     FROM message ORDER BY id",
    "SELECT * FROM folder ORDER BY id",
    "SELECT * FROM tag ORDER BY conversation_id, name",
    "SELECT * FROM server ORDER BY id",
    "SELECT * FROM setting WHERE name NOT IN ('last_model', 'open_conversation') ORDER BY name",
    "SELECT part.* FROM part JOIN message ON message.id = message_id WHERE state <> 'arriving' AND role = 'user'
     ORDER BY message_id, position",
];

/// Each names a fault and finds it.
const FAULTS: [(&str, &str); 13] = [
    (
        "a message follows one of another conversation",
        "SELECT 1 FROM message JOIN message AS above ON above.id = message.parent_id
         WHERE above.conversation_id <> message.conversation_id",
    ),
    (
        "a message is shown below one that was deleted",
        "SELECT 1 FROM message JOIN message AS above ON above.id = message.parent_id
         WHERE above.deleted_at_ms IS NOT NULL AND message.deleted_at_ms IS NULL",
    ),
    (
        "the shown branch ends in nothing, elsewhere, or in what was deleted",
        "SELECT 1 FROM conversation LEFT JOIN message ON message.id = leaf_id
         WHERE message.id IS NULL OR message.conversation_id <> conversation.id OR message.deleted_at_ms IS NOT NULL",
    ),
    (
        "a depth is not one more than the one above",
        "SELECT 1 FROM message LEFT JOIN message AS above ON above.id = message.parent_id
         WHERE message.depth <> coalesce(above.depth + 1, 0)",
    ),
    (
        "a jump goes elsewhere than to its depth on the way up",
        "WITH RECURSIVE up (id, at) AS (
             SELECT id, parent_id FROM message WHERE parent_id IS NOT NULL
             UNION ALL SELECT up.id, message.parent_id FROM up JOIN message ON message.id = up.at
                       WHERE message.parent_id IS NOT NULL
         )
         SELECT 1 FROM message LEFT JOIN message AS far ON far.id = message.jump_id
         WHERE message.depth > 0
           AND (far.depth IS NOT message.depth & (message.depth - 1)
                OR NOT EXISTS (SELECT 1 FROM up WHERE up.id = message.id AND up.at = far.id))",
    ),
    (
        "what was looked at last does not follow",
        "SELECT 1 FROM message JOIN message AS chosen ON chosen.id = message.chosen_child_id
         WHERE chosen.parent_id IS NOT message.id",
    ),
    (
        "a fork does not remember the branch that is shown",
        "WITH RECURSIVE shown (id, parent_id) AS (
             SELECT message.id, message.parent_id FROM conversation JOIN message ON message.id = leaf_id
             UNION ALL SELECT message.id, message.parent_id FROM shown JOIN message ON message.id = shown.parent_id
         )
         SELECT 1 FROM shown JOIN message AS above ON above.id = shown.parent_id
         WHERE above.chosen_child_id IS NOT shown.id",
    ),
    ("a reply still arrives", "SELECT 1 FROM message WHERE state = 'arriving' OR writer IS NOT NULL"),
    (
        "a reply has no attempt, or one that still arrives",
        "SELECT 1 FROM message LEFT JOIN attempt ON attempt.message_id = message.id
         WHERE role = 'assistant' AND (attempt.state IS NULL OR attempt.state = 'arriving')",
    ),
    ("pieces of a reply that has ended are left", "SELECT 1 FROM arriving"),
    (
        "parts, attempts or tags of nothing are left",
        "SELECT 1 FROM part WHERE message_id NOT IN (SELECT id FROM message)
         UNION ALL SELECT 1 FROM attempt WHERE message_id NOT IN (SELECT id FROM message)
         UNION ALL SELECT 1 FROM tag WHERE conversation_id NOT IN (SELECT id FROM conversation)
         UNION ALL SELECT 1 FROM message WHERE conversation_id NOT IN (SELECT id FROM conversation)",
    ),
    ("a message waits for no reply", "SELECT 1 FROM conversation WHERE queued <> ''"),
    (
        "a conversation or a folder lies in a folder that is not there",
        "SELECT 1 FROM conversation WHERE folder_id IS NOT NULL AND folder_id NOT IN (SELECT id FROM folder)
         UNION ALL SELECT 1 FROM folder WHERE parent_id IS NOT NULL AND parent_id NOT IN (SELECT id FROM folder)",
    ),
];

impl File {
    pub(super) fn open(folder: &Path) -> Self {
        let file = Connection::open(folder.join(Store::FILE_NAME)).unwrap();
        file.busy_timeout(Duration::from_secs(30)).unwrap();
        Self(file)
    }

    pub(super) fn ids(&self, query: &str) -> Vec<i64> {
        let mut statement = self.0.prepare_cached(query).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }

    pub(super) fn count(&self, query: &str) -> i64 {
        self.0.query_row(&format!("SELECT count(*) FROM ({query})"), [], |row| row.get(0)).unwrap()
    }

    /// All that a refused step must leave as it was.
    pub(super) fn content(&self) -> Vec<Vec<Value>> {
        let mut content = Vec::new();
        for query in CONTENT {
            let mut statement = self.0.prepare_cached(query).unwrap();
            let columns = statement.column_count();
            let rows =
                statement.query_map([], |row| (0..columns).map(|column| row.get(column)).collect()).unwrap();
            content.extend(rows.collect::<Result<Vec<Vec<Value>>, _>>().unwrap());
        }
        content
    }

    pub(super) fn check_tree(&self) {
        for (fault, query) in FAULTS {
            assert_eq!(self.count(query), 0, "{fault}");
        }
    }
}

async fn rows(app: &App, list: &ConversationList) -> Vec<ConversationRow> {
    app.conversations(list.clone(), None, u32::MAX).await.unwrap()
}

/// The ids of a list, read in pages of `size`.
async fn pages(app: &App, list: &ConversationList, size: u32) -> Vec<ConversationId> {
    let (mut ids, mut before) = (Vec::new(), None);
    loop {
        let page = app.conversations(list.clone(), before, size).await.unwrap();
        let Some(last) = page.last() else { return ids };
        before = Some(ListPosition { updated_at_ms: last.updated_at_ms, id: last.id });
        ids.extend(page.iter().map(|row| row.id));
    }
}

/// Whether a conversation belongs to a list.
type Belongs = Box<dyn Fn(&ConversationRow) -> bool>;

/// Each conversation stands in the lists that it belongs to and in no other, and each list reads the same in pages.
pub(super) async fn check_order(app: &App) {
    let mut all: BTreeMap<ConversationId, ConversationRow> = BTreeMap::new();
    for list in [ConversationList::Everything, ConversationList::Archive, ConversationList::Trash] {
        for row in rows(app, &list).await {
            assert!(all.insert(row.id, row).is_none(), "it stands in two of the lists that share all");
        }
    }
    let listed = |row: &ConversationRow| row.deleted_at_ms.is_none() && !row.archived;
    let mut lists: Vec<(ConversationList, Belongs)> = vec![
        (ConversationList::Everything, Box::new(listed)),
        (ConversationList::Loose, Box::new(move |row| listed(row) && !row.pinned && row.folder.is_none())),
        (ConversationList::Pinned, Box::new(move |row| listed(row) && row.pinned)),
        (ConversationList::Archive, Box::new(|row| row.deleted_at_ms.is_none() && row.archived)),
        (ConversationList::Trash, Box::new(|row| row.deleted_at_ms.is_some())),
    ];
    let folders = app.folders().await.unwrap();
    for Folder { id, .. } in &folders {
        let folder = *id;
        let belongs = move |row: &ConversationRow| listed(row) && row.folder == Some(folder);
        lists.push((ConversationList::Folder { folder }, Box::new(belongs)));
    }
    for tag in app.tags().await.unwrap() {
        let name = tag.name.clone();
        let has = move |row: &ConversationRow| {
            listed(row) && row.tags.iter().any(|own| own.eq_ignore_ascii_case(&name))
        };
        let used = all.values().filter(|row| has(row)).count();
        assert_eq!(usize::try_from(tag.conversations).unwrap(), used, "{}", tag.name);
        lists.push((ConversationList::Tag { name: tag.name }, Box::new(has)));
    }
    for (list, belongs) in &lists {
        let whole = rows(app, list).await;
        assert!(
            whole.is_sorted_by(|one, next| (one.updated_at_ms, one.id) > (next.updated_at_ms, next.id)),
            "{list:?} is newest first"
        );
        let expected: Vec<_> = all.values().filter(|row| belongs(row)).map(|row| row.id).collect();
        let whole: Vec<_> = whole.into_iter().map(|row| row.id).collect();
        let mut sorted = whole.clone();
        sorted.sort();
        assert_eq!(sorted, expected, "{list:?}");
        for size in [1, 2, 3, 7] {
            assert_eq!(pages(app, list, size).await, whole, "{list:?} in pages of {size}");
        }
    }
    check_folders(&folders, &all.into_values().filter(listed).collect::<Vec<_>>());
}

fn check_folders(folders: &[Folder], listed: &[ConversationRow]) {
    let parent =
        |id: FolderId| folders.iter().find(|folder| folder.id == id).and_then(|folder| folder.parent);
    for (at, folder) in folders.iter().enumerate() {
        let around: Vec<FolderId> =
            std::iter::successors(folder.parent, |above| parent(*above)).take(folders.len() + 1).collect();
        assert!(around.len() <= 8, "{} lies in {} folders: a circle, or too deep", folder.name, around.len());
        assert_eq!(around.len(), usize::try_from(folder.depth).unwrap(), "{}", folder.name);
        let before = folder.parent.is_none_or(|above| folders[..at].iter().any(|folder| folder.id == above));
        assert!(before, "{} stands after the one around it", folder.name);
        let is_in = |row: &&ConversationRow| {
            std::iter::successors(row.folder, |above| parent(*above)).any(|above| above == folder.id)
        };
        let inside = listed.iter().filter(is_in).count();
        assert_eq!(usize::try_from(folder.conversations).unwrap(), inside, "{}", folder.name);
    }
}

/// A reply comes to what its attempts come to, and a conversation to what was asked for in it.
pub(super) async fn check_sums(app: &App, file: &File, folder: &Path) {
    let (store, _) = Store::open(folder, 0).unwrap();
    for id in file.ids("SELECT id FROM conversation") {
        let ids = |condition: &str| {
            let all =
                format!("SELECT id FROM message WHERE conversation_id = {id} AND {condition} ORDER BY id");
            file.ids(&all).into_iter().map(MessageId::from_rowid).collect::<Vec<_>>()
        };
        let mut costs = Vec::new();
        let own = ids("copied_from IS NULL");
        for (message, _) in store.messages(ids("true")).await.unwrap() {
            let of_attempts = message.attempts.iter().filter_map(|attempt| attempt.bill.cost);
            let sum = Money::sums(of_attempts.clone());
            assert_eq!(Vec::from_iter(message.bill.cost), sum, "{:?}", message.attempts);
            let tokens = |of: fn(&Usage) -> Option<u32>| {
                let counted = message.attempts.iter().filter_map(|attempt| of(&attempt.usage));
                assert_eq!(
                    of(&message.usage),
                    counted.reduce(|sum, more| sum + more),
                    "{:?}",
                    message.attempts
                );
            };
            tokens(|usage| usage.prompt_tokens);
            tokens(|usage| usage.cached_tokens);
            tokens(|usage| usage.completion_tokens);
            tokens(|usage| usage.reasoning_tokens);
            if own.contains(&message.id) {
                costs.extend(of_attempts);
            }
        }
        let spent = app.conversation_cost(ConversationId::from_rowid(id)).await.unwrap();
        assert_eq!(spent.money, Money::sums(costs), "copies are paid for where they came from");
    }
}
