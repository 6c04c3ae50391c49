-- The search index. What is put into it is cut into words by Porthole itself (docs/data.md). Triggers only note what
-- has changed, so that any program can write to the other tables; Porthole takes it into the index when it finds it.

-- Messages by a small number that grows in the order they were made: FTS5 stores the distances between these.
CREATE TABLE search_doc (
    doc        INTEGER PRIMARY KEY,
    message_id INTEGER NOT NULL UNIQUE
) STRICT;

CREATE VIRTUAL TABLE search USING fts5 (
    text,                                            -- words, and pairs of neighbouring characters in CJK
    thinking,
    names,                                           -- of attachments
    parts,                                           -- ends of words written in camelCase
    model,
    chars,                                           -- each CJK character once
    starts,                                          -- the first two and three letters of each word, once
    marks,                                           -- all, c<conversation>, y<year>, m<month>, r<role>, hcode
    content = '', contentless_delete = 1, tokenize = 'ascii'
);

CREATE VIRTUAL TABLE search_title USING fts5 (
    text, parts, chars, starts, content = '', contentless_delete = 1, tokenize = 'ascii'
);

CREATE VIEW search_source (message_id, text, thinking, names, model, marks) AS
SELECT id, text, thinking, names, coalesce(model, '') || ' ' || coalesce(asked_model, '') || ' ' || coalesce(server_name, ''),
       'all c' || conversation_id
           || coalesce(strftime(' y%Y m%Y%m', created_at_ms / 1000, 'unixepoch'), '') || ' r' || role
           || CASE WHEN instr(text, '```') > 0 OR instr(text, '~~~') > 0 THEN ' hcode' ELSE '' END
FROM (
    SELECT message.*,
           coalesce((SELECT group_concat(text, '') FROM (SELECT text FROM part WHERE message_id = message.id AND kind = 'text' ORDER BY position)), '') AS text,
           coalesce((SELECT group_concat(text, '') FROM (SELECT text FROM part WHERE message_id = message.id AND kind = 'thinking' ORDER BY position)), '') AS thinking,
           coalesce((SELECT group_concat(json_extract(data, '$.name'), ' ') FROM part
                     WHERE message_id = message.id AND kind NOT IN ('text', 'thinking', 'tool_call') AND json_valid(data)), '') AS names
    FROM message
    WHERE state <> 'arriving' AND deleted_at_ms IS NULL
);

-- What the index does not say yet.
CREATE TABLE search_pending (
    kind TEXT    NOT NULL,                           -- message, title
    id   INTEGER NOT NULL,                           -- of the message or the conversation, which may be gone
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

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

CREATE TRIGGER search_part_changed AFTER UPDATE ON part
BEGIN
    INSERT OR IGNORE INTO search_pending VALUES ('message', NEW.message_id);
END;

CREATE TRIGGER search_part_removed AFTER DELETE ON part
BEGIN
    INSERT OR IGNORE INTO search_pending VALUES ('message', OLD.message_id);
END;

CREATE TRIGGER search_title_made AFTER INSERT ON conversation
BEGIN
    INSERT OR IGNORE INTO search_pending VALUES ('title', NEW.id);
END;

CREATE TRIGGER search_title_changed AFTER UPDATE OF title ON conversation
BEGIN
    INSERT OR IGNORE INTO search_pending VALUES ('title', NEW.id);
END;

CREATE TRIGGER search_title_removed AFTER DELETE ON conversation
BEGIN
    INSERT OR IGNORE INTO search_pending VALUES ('title', OLD.id);
END;
