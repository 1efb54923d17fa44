package store

// The system tables of an org. They are no objects: no query of a client
// reaches them. Their columns, by migration/NNNN_*.sql of each engine:
//
//	stoa_head         number int key, head text                                            the dictionary of ids (heads.go)
//	stoa_id_block     prefix text key, next int                                            counters below next may have been given out
//	stoa_sequence     name text key, next int                                              numbers below next have been given out
//	stoa_meta         key text key, value text                                             settings of the store itself
//	stoa_metadata     kind text, name text, body text, version int; unique (kind, name)    custom objects, fields, rules … as JSON
//	stoa_use_page     UsePageColumns; key seq, given by the engine                         the use register, by engine/purpose.
//	                  On PostgreSQL a transaction with a lower seq may commit later than one with a higher: whoever
//	                  puts entries in a row gives each page the next leaves, where leaf is null, and never trusts in seq alone
//	stoa_vault        kind text, key text, owner text, body bytes, expires datetime; unique (kind, key), index (kind, owner), (expires)
//	stoa_query_cursor id text key, actor text, soql text, deleted bool, ids bytes, created datetime; index (actor), (created)
//	stoa_job          JobColumns; key id, unique (kind, key) while waiting                 what is to be done, by engine/job
//	stoa_schedule     kind text key, last datetime                                         when a schedule's job was last enqueued
//	stoa_live         seq int key, at datetime, topic text, body text, actor text          events of the last minutes, by engine/live; as
//	                  with stoa_use_page, a lower seq may be committed after a higher one
//	stoa_bin          id ID key, root ID, object text, at datetime; index (root), (at)     deleted rows by the row whose deletion took them along
//	stoa_bin_link     BinLinkColumns; key (child, field, parent), index (root)             lookups that a deletion cleared
//	stoa_view         ViewColumns; key (actor, record)                                     what each person looked at
//	stoa_allowance    AllowanceColumns; key name, index (full)                             what was asked for by name, by org.Admit
//	stoa_bulk_job     key id, index (owner), (modified)                                    jobs that load or export many records, by engine/bulk
//	stoa_bulk_batch   key id, unique (job, seq)                                            their batches, where the client makes them
//	stoa_bulk_upload  key upload, index (due)                                              numbers of uploads, and when they go
//	stoa_bulk_part    key (upload, seq)                                                    pieces of what was uploaded
//	stoa_bulk_result  key (upload, seq)                                                    what came of each batch, or pages of an export
//
// Beside them each table that is Searched has a search index, named by Words; only Index, Unindex and Search know its form.
const (
	HeadTable        = "stoa_head"
	IDBlockTable     = "stoa_id_block"
	SequenceTable    = "stoa_sequence"
	MetaTable        = "stoa_meta"
	MetadataTable    = "stoa_metadata"
	UsePageTable     = "stoa_use_page"
	VaultTable       = "stoa_vault"
	QueryCursorTable = "stoa_query_cursor"
	JobTable         = "stoa_job"
	ScheduleTable    = "stoa_schedule"
	LiveTable        = "stoa_live"
	BinTable         = "stoa_bin"
	BinLinkTable     = "stoa_bin_link"
	ViewTable        = "stoa_view"
	AllowanceTable   = "stoa_allowance"
	BulkJobTable     = "stoa_bulk_job"
	BulkBatchTable   = "stoa_bulk_batch"
	BulkUploadTable  = "stoa_bulk_upload"
	BulkPartTable    = "stoa_bulk_part"
	BulkResultTable  = "stoa_bulk_result"
)

// MetadataColumns are the columns of MetadataTable.
func MetadataColumns() []Column {
	return []Column{
		{Name: "kind", Class: Text, NotNull: true},
		{Name: "name", Class: Text, NotNull: true},
		{Name: "body", Class: Text},
		{Name: "version", Class: Int, NotNull: true},
	}
}

// UsePageColumns are the columns of UsePageTable: one row holds n entries of one second, at most 256.
func UsePageColumns() []Column {
	return []Column{
		{Name: "seq", Class: Int, NotNull: true},
		{Name: "at", Class: DateTime, NotNull: true},
		{Name: "n", Class: Int, NotNull: true},
		{Name: "sets", Class: Text},                   // what names of fields stand for, a line each
		{Name: "headers", Class: Text, NotNull: true}, // a line each
		{Name: "bodies", Class: Bytes, NotNull: true}, // four bytes of length and the body each
		{Name: "leaf", Class: Int},                    // place of the first entry among all, once it has one
	}
}

// VaultColumns are the columns of VaultTable. owner is a record id as text, "" for none.
func VaultColumns() []Column {
	return []Column{
		{Name: "kind", Class: Text, NotNull: true},
		{Name: "key", Class: Text, NotNull: true},
		{Name: "owner", Class: Text},
		{Name: "body", Class: Bytes},
		{Name: "expires", Class: DateTime},
	}
}

// AllowanceColumns are the columns of AllowanceTable. full is in milliseconds since 1970.
func AllowanceColumns() []Column {
	return []Column{{Name: "name", Class: Text, NotNull: true}, {Name: "full", Class: Int, NotNull: true}}
}

// QueryCursorColumns are the columns of QueryCursorTable. id and actor are record ids as text.
func QueryCursorColumns() []Column {
	return []Column{
		{Name: "id", Class: Text, NotNull: true},
		{Name: "actor", Class: Text, NotNull: true},
		{Name: "soql", Class: Text},
		{Name: "deleted", Class: Bool},
		{Name: "ids", Class: Bytes},
		{Name: "created", Class: DateTime, NotNull: true},
	}
}

// JobColumns are the columns of JobTable: one row a job, from its enqueueing until it is done.
func JobColumns() []Column {
	return []Column{
		{Name: "id", Class: ID, NotNull: true},
		{Name: "kind", Class: Text, NotNull: true},
		{Name: "key", Class: Text},
		{Name: "body", Class: Bytes},
		{Name: "state", Class: Text, NotNull: true}, // waiting, running or dead
		{Name: "due", Class: DateTime, NotNull: true},
		{Name: "attempts", Class: Int, NotNull: true},
		{Name: "worker", Class: Text},
		{Name: "created", Class: DateTime, NotNull: true},
		{Name: "finished", Class: DateTime}, // of a dead one
		{Name: "error", Class: Text},
	}
}

// BinColumns are the columns of BinTable.
func BinColumns() []Column {
	return []Column{
		{Name: "id", Class: ID, NotNull: true},
		{Name: "root", Class: ID, NotNull: true},
		{Name: "object", Class: Text, NotNull: true},
		{Name: "at", Class: DateTime, NotNull: true},
	}
}

// BinLinkColumns are the columns of BinLinkTable. field and object are API names of the child's.
func BinLinkColumns() []Column {
	return []Column{
		{Name: "child", Class: ID, NotNull: true},
		{Name: "field", Class: Text, NotNull: true},
		{Name: "object", Class: Text, NotNull: true},
		{Name: "parent", Class: ID, NotNull: true},
		{Name: "root", Class: ID, NotNull: true},
	}
}

// ViewColumns are the columns of ViewTable. object is the API name of the record's; viewed is null where it was only referred to.
func ViewColumns() []Column {
	return []Column{
		{Name: "actor", Class: ID, NotNull: true},
		{Name: "record", Class: ID, NotNull: true},
		{Name: "object", Class: Text, NotNull: true},
		{Name: "viewed", Class: DateTime},
		{Name: "referenced", Class: DateTime, NotNull: true},
	}
}
