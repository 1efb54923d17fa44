-- Each table that is searched has a search index of its own, made with it.
DROP TABLE stoa_search_word;
DROP TABLE stoa_search;
