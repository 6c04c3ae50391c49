-- A fork keeps where it comes from when that is gone, or not there yet because only the fork was imported.
DROP INDEX conversation_forked_from;
ALTER TABLE conversation RENAME COLUMN forked_from TO forked_from_there;
ALTER TABLE conversation ADD COLUMN forked_from INTEGER;  -- a message that may be gone
UPDATE conversation SET forked_from = forked_from_there WHERE forked_from_there IS NOT NULL;
ALTER TABLE conversation DROP COLUMN forked_from_there;
