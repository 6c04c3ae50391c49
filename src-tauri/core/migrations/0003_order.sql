-- Folders, pins, tags, archive; versions that were taken away; who gave a title.

CREATE TABLE folder (
    id            INTEGER PRIMARY KEY,
    name          TEXT    NOT NULL,
    created_at_ms INTEGER NOT NULL,
    system        TEXT,                              -- with what a conversation begins in it; NULL: left open
    temperature   REAL,
    top_p         REAL,
    max_tokens    INTEGER,
    effort        TEXT,
    server_id     INTEGER REFERENCES server (id) ON DELETE SET NULL,
    model         TEXT,
    lock          TEXT    NOT NULL DEFAULT '{"lock":"off"}'  -- JSON, as in conversation
) STRICT;

ALTER TABLE conversation ADD COLUMN folder_id      INTEGER REFERENCES folder (id) ON DELETE SET NULL;
ALTER TABLE conversation ADD COLUMN pinned_at_ms   INTEGER;                           -- NULL: not pinned
ALTER TABLE conversation ADD COLUMN archived_at_ms INTEGER;                           -- NULL: not archived
ALTER TABLE conversation ADD COLUMN titled_by      TEXT NOT NULL DEFAULT 'question';  -- question, model, person
ALTER TABLE conversation ADD COLUMN title_cost     TEXT;                              -- of asking a model for it, as message.cost
ALTER TABLE conversation ADD COLUMN title_rates    TEXT;                              -- JSON, as message.rates
ALTER TABLE conversation ADD COLUMN forked_from    INTEGER REFERENCES message (id) ON DELETE SET NULL;
UPDATE conversation SET titled_by = 'person' WHERE renamed = 1;
ALTER TABLE conversation DROP COLUMN renamed;

DROP INDEX conversation_by_time;
CREATE INDEX conversation_everything ON conversation (updated_at_ms DESC, id DESC)
    WHERE deleted_at_ms IS NULL AND archived_at_ms IS NULL;
CREATE INDEX conversation_loose ON conversation (updated_at_ms DESC, id DESC)
    WHERE deleted_at_ms IS NULL AND archived_at_ms IS NULL AND folder_id IS NULL AND pinned_at_ms IS NULL;
CREATE INDEX conversation_pinned ON conversation (updated_at_ms DESC, id DESC)
    WHERE deleted_at_ms IS NULL AND archived_at_ms IS NULL AND pinned_at_ms IS NOT NULL;
CREATE INDEX conversation_archived ON conversation (updated_at_ms DESC, id DESC)
    WHERE deleted_at_ms IS NULL AND archived_at_ms IS NOT NULL;
CREATE INDEX conversation_trashed ON conversation (updated_at_ms DESC, id DESC) WHERE deleted_at_ms IS NOT NULL;
CREATE INDEX conversation_in_folder ON conversation (folder_id, updated_at_ms DESC, id DESC)
    WHERE folder_id IS NOT NULL AND deleted_at_ms IS NULL AND archived_at_ms IS NULL;
CREATE INDEX conversation_forked_from ON conversation (forked_from) WHERE forked_from IS NOT NULL;

CREATE TABLE tag (
    name            TEXT    NOT NULL COLLATE NOCASE,
    conversation_id INTEGER NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    PRIMARY KEY (name, conversation_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX tag_of_conversation ON tag (conversation_id, name);

-- A version that was taken away, with all that followed it, has the moment on each message; the tree around it
-- stays. It is removed for good with the trash.
ALTER TABLE message ADD COLUMN deleted_at_ms INTEGER;
ALTER TABLE message ADD COLUMN copied_from   INTEGER;  -- in a fork: the message it is a copy of, which was paid for
CREATE INDEX message_deleted ON message (deleted_at_ms) WHERE deleted_at_ms IS NOT NULL;
