-- +goose Up
-- A post goes to a webhook or a channel of the organisation, and so to no person. post is what it carries besides its words.
-- template_error is why the last attempt went out with other words than those that were asked for.
ALTER TABLE notifications ALTER COLUMN user_id DROP NOT NULL;
ALTER TABLE notifications ADD COLUMN post {{json}};
ALTER TABLE notifications ADD COLUMN template_error VARCHAR(500) NOT NULL DEFAULT '';
