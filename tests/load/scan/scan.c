/* The ceiling of a list: what SQLite's C library takes to step over 2,000 rows and copy 20 columns of each.
   Prints microseconds of CPU a page. usage: scan FILE ROUNDS SQL */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static double cpu(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 + u.ru_utime.tv_usec + u.ru_stime.tv_usec;
}

int main(int argc, char **argv) {
  sqlite3 *db;
  sqlite3_stmt *st;
  static char buf[1 << 20];
  if (argc != 4 || sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READONLY, 0) != SQLITE_OK) return 1;
  sqlite3_exec(db, "PRAGMA cache_size=-65536", 0, 0, 0);
  if (sqlite3_prepare_v2(db, argv[3], -1, &st, 0) != SQLITE_OK) { fprintf(stderr, "%s\n", sqlite3_errmsg(db)); return 1; }
  int rounds = atoi(argv[2]), rows = 0;
  long sum = 0;
  double from = 0;
  for (int r = -1; r < rounds; r++) {
    if (r == 0) from = cpu();
    rows = 0;
    while (sqlite3_step(st) == SQLITE_ROW) {
      size_t at = 0;
      int n = sqlite3_column_count(st);
      for (int i = 0; i < n; i++) {
        int t = sqlite3_column_type(st, i);
        if (t == SQLITE_TEXT || t == SQLITE_BLOB) {
          const void *p = sqlite3_column_blob(st, i);
          int len = sqlite3_column_bytes(st, i);
          if (at + len < sizeof buf) memcpy(buf + at, p, len), at += len;
        } else {
          sqlite3_int64 v = sqlite3_column_int64(st, i);
          memcpy(buf + at, &v, 8), at += 8;
        }
      }
      sum += buf[at / 2];
      rows++;
    }
    sqlite3_reset(st);
  }
  printf("%.1f %d %ld\n", (cpu() - from) / rounds, rows, sum);
  return 0;
}
