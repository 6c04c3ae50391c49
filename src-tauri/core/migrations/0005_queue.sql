-- A message that is sent when the reply before it has arrived.

ALTER TABLE conversation ADD COLUMN queued TEXT NOT NULL DEFAULT '';  -- '': none waits
