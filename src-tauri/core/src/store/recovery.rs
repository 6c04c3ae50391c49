//! Replies whose program crashed.

use std::fs;
use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::ending::{self, Ending};
use super::marks::{self, WriterMark};
use super::{Recovered, StoreError, aside, moving, parts, queue};
use crate::domain::{Cause, Code, Failure, MessageId};

/// What becomes of replies that carry this program's own mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OwnReplies {
    /// A turn in this program is filling them.
    Spare,
    /// They come from a back-up, and their turn is over.
    End,
}

/// Ends each arriving reply that no running program receives: what had arrived becomes its text, and it is
/// marked as cut off.
pub(super) fn end_abandoned_replies(
    connection: &mut Connection,
    folder: &Path,
    own: &WriterMark,
    own_replies: OwnReplies,
) -> Result<Recovered, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // A program that moves the folder holds this lock and looks for marks: it either sees this one or has left its
    // pointer here.
    if moving::pointer_of(folder)?.is_some() {
        return Err(StoreError::Moved);
    }
    let taken_in = aside::take_in(&transaction, folder)?;
    let arriving: Vec<(i64, Option<String>)> = transaction
        .prepare("SELECT id, writer FROM message WHERE state = 'arriving'")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut recovered = Recovered::default();
    for (id, writer) in arriving {
        let writer = writer.unwrap_or_default();
        let lives = if writer == own.name() {
            own_replies == OwnReplies::Spare
        } else {
            marks::is_alive(folder, &writer)
        };
        if lives {
            continue;
        }
        let message = MessageId::from_rowid(id);
        let parts = parts::arrived_parts(&transaction, message)?;
        let failure = Failure::because(Code::CutOff, Cause::ClosedByPorthole);
        ending::end_reply(&transaction, message, &Ending::cut_off(parts.into_vec(), failure))?;
        recovered.cut_off += 1;
    }
    queue::give_up(&transaction)?;
    transaction.commit()?;
    for file in taken_in {
        // A file that stays says the same as the history.
        let _ = fs::remove_file(file);
    }
    marks::sweep_dead(folder, own);
    Ok(recovered)
}
