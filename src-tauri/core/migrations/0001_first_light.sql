-- Porthole's history. Times are milliseconds since 1970 UTC; ids grow with time.
-- Anyone may read this file with sqlite3; docs/data.md says what stands where.

CREATE TABLE server (
    id             INTEGER PRIMARY KEY,
    name           TEXT    NOT NULL COLLATE NOCASE,
    kind           TEXT    NOT NULL,                 -- deepseek, openai, ollama, lm_studio, llama_cpp, ...
    url            TEXT    NOT NULL,
    found          INTEGER NOT NULL DEFAULT 0,       -- 1: found running on this computer; 0: added by hand
    idle_timeout_s INTEGER,                          -- NULL: the default of its kind
    removed_at_ms  INTEGER                           -- kept for the replies that name it
) STRICT;
CREATE UNIQUE INDEX server_by_name ON server (name) WHERE removed_at_ms IS NULL;

CREATE TABLE conversation (
    id            INTEGER PRIMARY KEY,
    title         TEXT    NOT NULL,
    renamed       INTEGER NOT NULL DEFAULT 0,        -- 1: a person chose the title
    created_at_ms INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL,
    deleted_at_ms INTEGER,
    leaf_id       INTEGER REFERENCES message (id) ON DELETE SET NULL,  -- last message of the shown branch
    system        TEXT,
    temperature   REAL,
    top_p         REAL,
    max_tokens    INTEGER,
    effort        TEXT,                              -- off, low, high, max
    server_id     INTEGER REFERENCES server (id) ON DELETE SET NULL,
    model         TEXT,
    draft         TEXT    NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX conversation_by_time ON conversation (updated_at_ms DESC, id DESC) WHERE deleted_at_ms IS NULL;

CREATE TABLE message (
    id                INTEGER PRIMARY KEY,
    conversation_id   INTEGER NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    parent_id         INTEGER REFERENCES message (id) ON DELETE CASCADE,  -- NULL: a first message
    role              TEXT    NOT NULL,              -- system, user, assistant, tool
    state             TEXT    NOT NULL,              -- arriving, complete, stopped, cut_off, failed
    created_at_ms     INTEGER NOT NULL,
    writer            TEXT,                          -- the program that receives it, while arriving
    server_id         INTEGER REFERENCES server (id) ON DELETE SET NULL,
    server_name       TEXT,
    model             TEXT,                          -- what answered, by its own account
    finish_reason     TEXT,
    prompt_tokens     INTEGER,                       -- NULL everywhere below: the server did not say
    cached_tokens     INTEGER,
    completion_tokens INTEGER,
    reasoning_tokens  INTEGER,
    first_token_ms    INTEGER,
    thinking_ms       INTEGER,
    total_ms          INTEGER,
    failure           TEXT                           -- JSON: code, message, server, status, detail, retry_after_ms
) STRICT;
CREATE INDEX message_by_parent ON message (conversation_id, parent_id);
CREATE INDEX message_by_parent_alone ON message (parent_id);
CREATE INDEX message_arriving ON message (id) WHERE state = 'arriving';

CREATE TABLE part (
    id         INTEGER PRIMARY KEY,
    message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    position   INTEGER NOT NULL,                     -- 0, 1, 2 ... in the order it came
    kind       TEXT    NOT NULL,                     -- text, thinking, tool_call; others are kept as found
    text       TEXT,                                 -- text and thinking
    data       TEXT,                                 -- JSON of every other kind
    UNIQUE (message_id, position)
) STRICT;

-- A reply while it arrives: pieces in order of id, at most 200 ms behind the wire. They become parts at its end.
CREATE TABLE arriving (
    id         INTEGER PRIMARY KEY,
    message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    kind       TEXT    NOT NULL,                     -- text, thinking, text_was_thinking (all text before it)
    text       TEXT    NOT NULL
) STRICT;
CREATE INDEX arriving_by_message ON arriving (message_id, id);

CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL                              -- JSON
) STRICT;
