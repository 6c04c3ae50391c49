-- Servers have a network of their own, conversations a lock, replies a price. No key stands in this file:
-- keys, passwords and the values of headers are in the system's keychain.

ALTER TABLE server ADD COLUMN more_urls  TEXT    NOT NULL DEFAULT '[]';                  -- JSON: further addresses of the same models
ALTER TABLE server ADD COLUMN proxy      TEXT    NOT NULL DEFAULT '{"proxy":"system"}';  -- JSON
ALTER TABLE server ADD COLUMN ca_file    TEXT;                                           -- path of a PEM file to trust besides the system
ALTER TABLE server ADD COLUMN plain_http INTEGER NOT NULL DEFAULT 0;                     -- 1: http:// to the internet is allowed
ALTER TABLE server ADD COLUMN headers    TEXT    NOT NULL DEFAULT '[]';                  -- JSON: names alone
ALTER TABLE server ADD COLUMN has_key    INTEGER NOT NULL DEFAULT 0;                     -- 1: the keychain holds one
ALTER TABLE server ADD COLUMN currency   TEXT;                                           -- of the account, once known: USD, CNY

ALTER TABLE conversation ADD COLUMN lock TEXT NOT NULL DEFAULT '{"lock":"off"}';         -- JSON: where its text may go

ALTER TABLE message ADD COLUMN asked_model TEXT;                       -- what was asked; model is what answered
ALTER TABLE message ADD COLUMN hosted      INTEGER NOT NULL DEFAULT 0; -- 1: it came from the internet
ALTER TABLE message ADD COLUMN cost        TEXT;                       -- an estimate, decimal; NULL: unknown
ALTER TABLE message ADD COLUMN rates       TEXT;                       -- JSON: the prices it was estimated by, with their currency
ALTER TABLE message ADD COLUMN notes       TEXT    NOT NULL DEFAULT '[]';  -- JSON: unterminated, continued

-- DeepSeek is there from the start. Ids grow with time from 2^60 on, so small ones are free.
INSERT INTO server (id, name, kind, url)
SELECT 1, 'DeepSeek', 'deepseek', 'https://api.deepseek.com'
WHERE NOT EXISTS (SELECT 1 FROM server WHERE name = 'DeepSeek' AND removed_at_ms IS NULL);
