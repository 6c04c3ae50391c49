-- What has changed, so that every program that has the history open learns what the others wrote. Triggers write it in
-- the transaction of the change itself, whoever makes it. One line a subject: the newest.

CREATE TABLE change (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    subject    TEXT    NOT NULL,                     -- chat, arriving, folders, servers, settings
    subject_id INTEGER NOT NULL,                     -- chat: a conversation; arriving: a message; else 0
    UNIQUE (subject, subject_id)
) STRICT;

CREATE TRIGGER change_follows BEFORE INSERT ON change
BEGIN
    DELETE FROM change WHERE subject = NEW.subject AND subject_id = NEW.subject_id;
END;

CREATE TRIGGER change_trimmed AFTER INSERT ON change
BEGIN
    DELETE FROM change WHERE id <= NEW.id - 1000;
END;

CREATE TRIGGER change_chat_made AFTER INSERT ON conversation
BEGIN
    INSERT INTO change (subject, subject_id) VALUES ('chat', NEW.id);
END;

-- All but the draft: it belongs to whoever types it.
CREATE TRIGGER change_chat AFTER UPDATE OF title, titled_by, updated_at_ms, deleted_at_ms, leaf_id, system, temperature,
    top_p, max_tokens, effort, server_id, model, lock, queued, folder_id, pinned_at_ms, archived_at_ms ON conversation
BEGIN
    INSERT INTO change (subject, subject_id) VALUES ('chat', NEW.id);
END;

CREATE TRIGGER change_chat_removed AFTER DELETE ON conversation
BEGIN
    INSERT INTO change (subject, subject_id) VALUES ('chat', OLD.id);
END;

CREATE TRIGGER change_message_made AFTER INSERT ON message
BEGIN
    INSERT INTO change (subject, subject_id) VALUES ('chat', NEW.conversation_id);
END;

CREATE TRIGGER change_message AFTER UPDATE OF state, deleted_at_ms ON message
BEGIN
    INSERT INTO change (subject, subject_id) VALUES ('chat', NEW.conversation_id);
END;

CREATE TRIGGER change_message_arrives AFTER INSERT ON arriving
BEGIN
    INSERT INTO change (subject, subject_id) VALUES ('arriving', NEW.message_id);
END;

CREATE TRIGGER change_tagged AFTER INSERT ON tag
BEGIN
    INSERT INTO change (subject, subject_id) VALUES ('chat', NEW.conversation_id);
END;

CREATE TRIGGER change_untagged AFTER DELETE ON tag
BEGIN
    INSERT INTO change (subject, subject_id) VALUES ('chat', OLD.conversation_id);
END;

CREATE TRIGGER change_folder_made AFTER INSERT ON folder
BEGIN
    INSERT INTO change (subject, subject_id) VALUES ('folders', 0);
END;

CREATE TRIGGER change_folder AFTER UPDATE ON folder
BEGIN
    INSERT INTO change (subject, subject_id) VALUES ('folders', 0);
END;

CREATE TRIGGER change_folder_removed AFTER DELETE ON folder
BEGIN
    INSERT INTO change (subject, subject_id) VALUES ('folders', 0);
END;

CREATE TRIGGER change_server_made AFTER INSERT ON server
BEGIN
    INSERT INTO change (subject, subject_id) VALUES ('servers', 0);
END;

CREATE TRIGGER change_server AFTER UPDATE ON server
BEGIN
    INSERT INTO change (subject, subject_id) VALUES ('servers', 0);
END;

CREATE TRIGGER change_server_removed AFTER DELETE ON server
BEGIN
    INSERT INTO change (subject, subject_id) VALUES ('servers', 0);
END;

-- Of the settings, those that a window shows.
CREATE TRIGGER change_setting_made AFTER INSERT ON setting WHEN NEW.name IN ('appearance', 'lock', 'titles', 'keychain')
BEGIN
    INSERT INTO change (subject, subject_id) VALUES ('settings', 0);
END;

CREATE TRIGGER change_setting AFTER UPDATE ON setting WHEN NEW.name IN ('appearance', 'lock', 'titles', 'keychain')
BEGIN
    INSERT INTO change (subject, subject_id) VALUES ('settings', 0);
END;

CREATE TRIGGER change_setting_removed AFTER DELETE ON setting WHEN OLD.name IN ('appearance', 'lock', 'titles', 'keychain')
BEGIN
    INSERT INTO change (subject, subject_id) VALUES ('settings', 0);
END;
