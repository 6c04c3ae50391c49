-- Folders in folders.

ALTER TABLE folder ADD COLUMN parent_id INTEGER REFERENCES folder (id) ON DELETE SET NULL;  -- the folder it lies in; NULL: none
CREATE INDEX folder_in_folder ON folder (parent_id) WHERE parent_id IS NOT NULL;
