-- +goose Up
-- What a node says of itself with each beat. lag_ms is from now on by how much the slowest of its loops lags; before it was the offset of
-- its clock, which a node of an older version still writes there.
ALTER TABLE nodes ADD COLUMN clock_offset_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE nodes ADD COLUMN report {{json}};
