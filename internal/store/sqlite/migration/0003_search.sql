-- The search index. Its text is made of tokens of ours (store.Tokens) with blanks
-- between them, so every other character may be part of a token.
CREATE VIRTUAL TABLE stoa_search USING fts5(
  object, name, email, phone, body,
  content = '', contentless_delete = 1, prefix = '2 3',
  tokenize = "unicode61 remove_diacritics 0 categories 'L* M* N* P* S* Co Cn'"
);
CREATE VIRTUAL TABLE stoa_search_word USING fts5vocab(stoa_search, 'row');
-- A commit adds a small segment; merging eight at a time instead of four halves the work of single writes.
INSERT INTO stoa_search (stoa_search, rank) VALUES ('automerge', 8);
