-- A reply is what its attempts brought: every request that was sent for it has a row of its own. The tree of a
-- conversation stays within it, is found from any message in few steps, and remembers which branch was looked at.

CREATE TABLE attempt (
    id                INTEGER PRIMARY KEY,           -- grows in the order in which the requests of a message left
    message_id        INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    state             TEXT    NOT NULL,              -- arriving, complete, stopped, cut_off, failed
    started_at_ms     INTEGER NOT NULL,
    server_id         INTEGER REFERENCES server (id) ON DELETE SET NULL,
    server_name       TEXT    NOT NULL,
    asked_model       TEXT    NOT NULL,              -- what was asked
    model             TEXT    NOT NULL,              -- what answered, by its own account
    effort            TEXT,                          -- off, low, high, max; NULL: none was asked for
    hosted            INTEGER NOT NULL DEFAULT 0,    -- 1: it came from the internet
    finish_reason     TEXT,
    prompt_tokens     INTEGER,                       -- NULL everywhere below: the server did not say
    cached_tokens     INTEGER,
    completion_tokens INTEGER,
    reasoning_tokens  INTEGER,
    first_token_ms    INTEGER,                       -- the three times count from when the person asked
    thinking_ms       INTEGER,
    total_ms          INTEGER,
    cost              TEXT,                          -- an estimate, decimal; NULL: unknown
    rates             TEXT,                          -- JSON: the prices it was estimated by, with their currency
    notes             TEXT    NOT NULL DEFAULT '[]', -- JSON: unterminated, continued
    failure           TEXT                           -- JSON: code, cause, server, status, detail, retry_after_ms
) STRICT;

INSERT INTO attempt (message_id, state, started_at_ms, server_id, server_name, asked_model, model, hosted,
                     finish_reason, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens,
                     first_token_ms, thinking_ms, total_ms, cost, rates, notes, failure)
SELECT id,
       CASE WHEN state <> 'arriving' OR total_ms IS NULL THEN state
            WHEN finish_reason IS NULL THEN 'cut_off' ELSE 'complete' END,
       created_at_ms, server_id, coalesce(server_name, ''), coalesce(asked_model, model, ''),
       coalesce(model, ''), hosted, finish_reason, prompt_tokens, cached_tokens, completion_tokens,
       reasoning_tokens, first_token_ms, thinking_ms, total_ms, cost, rates, notes, failure
FROM message WHERE role = 'assistant' ORDER BY id;

-- A reply that was over and arrives again: its rest is asked for, by a request that is not counted yet.
INSERT INTO attempt (message_id, state, started_at_ms, server_id, server_name, asked_model, model, hosted)
SELECT message.id, state, updated_at_ms, message.server_id, coalesce(server_name, ''),
       coalesce(asked_model, message.model, ''), coalesce(asked_model, message.model, ''), hosted
FROM message JOIN conversation ON conversation.id = conversation_id
WHERE role = 'assistant' AND state = 'arriving' AND total_ms IS NOT NULL;
CREATE INDEX attempt_by_message ON attempt (message_id, id);

DROP VIEW search_source;
DROP TRIGGER search_part_added;

CREATE TABLE message_in_tree (
    id              INTEGER PRIMARY KEY,
    conversation_id INTEGER NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    parent_id       INTEGER,                         -- NULL: a first message
    depth           INTEGER NOT NULL,                -- 0: a first message; else one more than its parent's
    jump_id         INTEGER,                         -- the message above it whose depth is depth & (depth - 1)
    chosen_child_id INTEGER,                         -- which of those that follow was last looked at; NULL: the newest
    role            TEXT    NOT NULL,                -- system, user, assistant, tool; others are kept as found
    state           TEXT    NOT NULL,                -- arriving, complete, stopped, cut_off, failed
    created_at_ms   INTEGER NOT NULL,
    writer          TEXT,                            -- the program that receives it, while arriving
    deleted_at_ms   INTEGER,                         -- on each message of a version that was taken away
    copied_from     INTEGER,                         -- in a fork: the message it is a copy of, which was paid for
    -- Checked at the end of a transaction, so that a conversation goes at once and not message by message.
    FOREIGN KEY (conversation_id, parent_id) REFERENCES message (conversation_id, id) DEFERRABLE INITIALLY DEFERRED
) STRICT;

INSERT INTO message_in_tree (id, conversation_id, parent_id, depth, role, state, created_at_ms, writer,
                             deleted_at_ms, copied_from)
WITH RECURSIVE tree (id, conversation_id, parent_id, depth) AS (
    -- What follows nothing of its own conversation, which no version of Porthole has written, begins one.
    SELECT id, conversation_id, NULL, 0 FROM message
    WHERE NOT EXISTS (SELECT 1 FROM message AS parent
                      WHERE parent.id = message.parent_id AND parent.conversation_id = message.conversation_id)
    UNION ALL
    SELECT message.id, tree.conversation_id, tree.id, tree.depth + 1 FROM tree
    JOIN message ON message.parent_id = tree.id AND message.conversation_id = tree.conversation_id
)
SELECT message.id, message.conversation_id, tree.parent_id, coalesce(depth, 0), role, state, created_at_ms, writer,
       deleted_at_ms, copied_from
FROM message LEFT JOIN tree USING (id) ORDER BY message.id;

DROP TABLE message;
ALTER TABLE message_in_tree RENAME TO message;
CREATE UNIQUE INDEX message_in_conversation ON message (conversation_id, id);
CREATE INDEX message_by_parent ON message (conversation_id, parent_id);
CREATE INDEX message_by_parent_alone ON message (parent_id);
CREATE INDEX message_arriving ON message (id) WHERE state = 'arriving';
CREATE INDEX message_deleted ON message (deleted_at_ms) WHERE deleted_at_ms IS NOT NULL;

-- The branch that was shown is the one that was last looked at.
WITH RECURSIVE shown (id, parent_id) AS (
    SELECT message.id, message.parent_id FROM message JOIN conversation ON conversation.leaf_id = message.id
    UNION ALL
    SELECT message.id, message.parent_id FROM shown JOIN message ON message.id = shown.parent_id
)
UPDATE message SET chosen_child_id = shown.id FROM shown WHERE message.id = shown.parent_id;

CREATE TRIGGER conversation_ends_in_itself BEFORE UPDATE OF leaf_id ON conversation
WHEN NEW.leaf_id IS NOT NULL
 AND NOT EXISTS (SELECT 1 FROM message WHERE id = NEW.leaf_id AND conversation_id = NEW.id)
BEGIN
    SELECT raise(ABORT, 'the shown branch would end in another conversation');
END;

CREATE VIEW search_source (message_id, text, thinking, names, model, marks) AS
SELECT id, text, thinking, names, models,
       'all c' || conversation_id
           || coalesce(strftime(' y%Y m%Y%m', created_at_ms / 1000, 'unixepoch'), '') || ' r' || role
           || CASE WHEN instr(text, '```') > 0 OR instr(text, '~~~') > 0 THEN ' hcode' ELSE '' END
FROM (
    SELECT message.*,
           coalesce((SELECT group_concat(text, '') FROM (SELECT text FROM part WHERE message_id = message.id AND kind = 'text' ORDER BY position)), '') AS text,
           coalesce((SELECT group_concat(text, '') FROM (SELECT text FROM part WHERE message_id = message.id AND kind = 'thinking' ORDER BY position)), '') AS thinking,
           coalesce((SELECT group_concat(json_extract(data, '$.name'), ' ') FROM part
                     WHERE message_id = message.id AND kind NOT IN ('text', 'thinking', 'tool_call') AND json_valid(data)), '') AS names,
           coalesce((SELECT group_concat(model || ' ' || asked_model || ' ' || server_name, ' ') FROM attempt
                     WHERE message_id = message.id), '') AS models
    FROM message
    WHERE state <> 'arriving' AND deleted_at_ms IS NULL
);

CREATE TRIGGER search_message_changed AFTER UPDATE OF state, deleted_at_ms ON message
WHEN NEW.state <> 'arriving' AND (OLD.state = 'arriving' OR OLD.deleted_at_ms IS NOT NEW.deleted_at_ms)
BEGIN
    INSERT OR IGNORE INTO search_pending VALUES ('message', NEW.id);
END;

CREATE TRIGGER search_message_removed AFTER DELETE ON message
BEGIN
    INSERT OR IGNORE INTO search_pending VALUES ('message', OLD.id);
END;

CREATE TRIGGER search_part_added AFTER INSERT ON part
WHEN (SELECT state <> 'arriving' FROM message WHERE id = NEW.message_id)
BEGIN
    INSERT OR IGNORE INTO search_pending VALUES ('message', NEW.message_id);
END;
