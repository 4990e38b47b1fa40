// Package db owns the way to the database: one SQL text for SQLite and PostgreSQL.
//
// It opens either engine, runs closures as transactions (Read, Write, WriteUrgent), numbers placeholders, hands out ids,
// carries times and JSON across, names violated constraints alike on both, and holds the migrations. It owns no table but
// schema_info, sequences, leases and nodes, and knows no rule of the product.
//
//	Write ── gate (SQLite: one writer, two priorities) ── BEGIN ── closure ── COMMIT ── AfterCommit
//	           │                                             └─ 40001/40P01: again, with a little wait
//	           └─ inside another Write: refused at once
package db
