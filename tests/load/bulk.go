package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"stoa/internal/store/storetest"
)

// What a bulk load may cost. Source: the ceilings that were measured before the first line was written.
const (
	bulkRows     = 100_000
	bulkInsert   = 0.6  // of the CPU of .import, SQLite
	bulkUpsert   = 0.45 // when all rows are there
	bulkInsertPG = 0.7  // of the time of \copy, PostgreSQL
	bulkUpsertPG = 0.5
	bulkExport   = 0.5 // of the CPU of a raw scan
	bulkDelay    = 3   // how much longer a request takes at the 99th percentile while a load runs
	bulkMemory   = 300 // MiB, with a million rows
)

// bulkColumns are the fifteen columns of a load.
const bulkColumns = "LastName,FirstName,Email,Phone,MobilePhone,MailingStreet,MailingCity,MailingPostalCode,MailingCountry,Title,Department,Birthdate,LeadSource,Description,HasOptedOutOfEmail"

// bulkSheet writes n rows with the columns of a load, and what is to be said in each description.
func bulkSheet(n int, note string) []byte {
	var b bytes.Buffer
	b.WriteString(bulkColumns + "\n")
	for i := range n {
		fmt.Fprintf(&b, "Person %d,Ann,p%d@example.org,555 %07d,0170 %07d,%d Harbour Street,Harborview,%05d,Norland,Engineer,Works,19%02d-%02d-%02d,Web,\"%s, resident number %d\",%t\n",
			i, i, i, i, i%900+1, i%99999, 50+i%50, 1+i%12, 1+i%28, note, i, i%7 == 0)
	}
	return b.Bytes()
}

// bulk measures loads and exports against the engines' own tools, on the same rows in the same run.
func (b *bench) bulk() error {
	n := bulkRows
	if b.quick {
		n = 20_000
	}
	if err := b.bulkOn("sqlite", "", n); err != nil {
		return err
	}
	url := os.Getenv(storetest.PostgresURL)
	if url == "" {
		b.lines = append(b.lines, line{what: "bulk: " + storetest.PostgresURL + " is not set: not measured on PostgreSQL"})
		return nil
	}
	return b.bulkOn("postgres", url, n)
}

// A loader is a server that loads.
type loader struct {
	*proc
	token  string
	engine string
	url    string // of the database
	schema string
}

// bulkOn measures on one engine.
func (b *bench) bulkOn(engine, url string, n int) error {
	dir := b.path("bulk-" + engine)
	l := &loader{engine: engine, url: url, schema: "bulk_bench"}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	addr := freeAddress()
	args := []string{self, "-stoa", addr, "-data", dir}
	if b.profile != "" {
		args = append(args, "-profile", b.profile+"."+engine)
	}
	if url != "" {
		drop := `DROP SCHEMA IF EXISTS "` + l.schema + `" CASCADE`
		if err := psql(b.ctx, url, drop); err != nil {
			return err
		}
		defer func() { _ = psql(context.WithoutCancel(b.ctx), url, drop) }()
		args = append(args, "-database", url, "-schema", l.schema)
	}
	if l.proc, _, err = b.start("stoa on "+engine, addr, "/readyz", nil, args...); err != nil {
		return err
	}
	defer l.end()
	if l.token, err = login(l.proc, admin); err != nil {
		return err
	}
	sheet := bulkSheet(n, "new")
	file := b.path("bulk.csv")
	if err := os.WriteFile(file, sheet, 0o600); err != nil {
		return err
	}
	raw, rawHit, err := b.rawLoads(l, file)
	if err != nil {
		return err
	}
	insert, wall, err := l.load(b.ctx, `{"object":"Contact","operation":"insert"}`, sheet, n)
	if err != nil {
		return err
	}
	b.note("bulk: "+engine+", µs CPU of the server a row inserted", insert*1e6/float64(n))
	b.note("bulk: "+engine+", rows inserted a second, wall", float64(n)/wall)
	upsert, hitWall, err := l.load(b.ctx, `{"object":"Contact","operation":"upsert","externalIdFieldName":"Email"}`, bulkSheet(n, "changed"), n)
	if err != nil {
		return err
	}
	b.note("bulk: "+engine+", µs CPU of the server a row upserted, all there", upsert*1e6/float64(n))
	if engine == "sqlite" {
		b.atLeast("bulk: SQLite insert with validation, search and use entries, share of .import (CPU)", raw/insert, bulkInsert)
		b.atLeast("bulk: SQLite upsert of rows that are there, share of .import (CPU)", raw/upsert, bulkUpsert)
	} else {
		b.atLeast("bulk: PostgreSQL insert, share of \\copy (wall)", raw/wall, bulkInsertPG)
		b.atLeast("bulk: PostgreSQL upsert of rows that are there, share of \\copy and ON CONFLICT (wall)", rawHit/hitWall, bulkUpsertPG)
	}
	if err := b.bulkExport(l, n); err != nil {
		return err
	}
	return b.bulkBeside(l, sheet, n)
}

// load gives a job a CSV and waits for its end; it returns the server's CPU time and the clock's, in seconds.
func (l *loader) load(ctx context.Context, settings string, sheet []byte, n int) (cpu, wall float64, err error) {
	before, begun := l.cpu(), time.Now()
	id, err := l.begin(ctx, settings, sheet)
	if err != nil {
		return 0, 0, err
	}
	if err := l.await(ctx, "ingest/"+id, n); err != nil {
		return 0, 0, err
	}
	return (l.cpu() - before).Seconds(), time.Since(begun).Seconds(), nil
}

// begin makes a job of a CSV that goes on by itself.
func (l *loader) begin(ctx context.Context, settings string, sheet []byte) (id string, err error) {
	var job struct{ ID string }
	if err := l.ask(ctx, http.MethodPost, "ingest", "application/json", strings.NewReader(settings), &job); err != nil {
		return "", err
	}
	if err := l.ask(ctx, http.MethodPut, "ingest/"+job.ID+"/batches", "text/csv", bytes.NewReader(sheet), nil); err != nil {
		return "", err
	}
	return job.ID, l.ask(ctx, http.MethodPatch, "ingest/"+job.ID, "application/json", strings.NewReader(`{"state":"UploadComplete"}`), nil)
}

func (l *loader) await(ctx context.Context, path string, n int) error {
	for {
		var job struct {
			State     string
			Processed int    `json:"numberRecordsProcessed"`
			Failed    int    `json:"numberRecordsFailed"`
			Error     string `json:"errorMessage"`
		}
		if err := l.ask(ctx, http.MethodGet, path, "", nil, &job); err != nil {
			return err
		}
		switch job.State {
		case "JobComplete":
			if job.Processed != n || job.Failed != 0 {
				return fmt.Errorf("%s: %d rows, %d of them failed", path, job.Processed, job.Failed)
			}
			return nil
		case "Failed", "Aborted":
			return fmt.Errorf("%s: %s %s", path, job.State, job.Error)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (l *loader) ask(ctx context.Context, method, path, kind string, body io.Reader, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, l.proc.url+api+"/jobs/"+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+l.token)
	req.Header.Set("Accept-Encoding", "identity")
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 500))
		return fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, text)
	}
	if out == nil {
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	}
	return json.NewDecoder(resp.Body).Decode(out)
}

// The table that the engines' own tools fill: the same columns, a key, a unique one and an index.
const rawTable = `LastName text, FirstName text, Email text, Phone text, MobilePhone text, MailingStreet text, MailingCity text, MailingPostalCode text,
	MailingCountry text, Title text, Department text, Birthdate text, LeadSource text, Description text, HasOptedOutOfEmail text`

// rawLoads returns what the engine's own tool takes for the rows, and where they are there already: seconds of CPU on
// SQLite, of the clock on PostgreSQL, whose processes are not ours.
func (b *bench) rawLoads(l *loader, file string) (load, hit float64, err error) {
	var loads, hits []float64
	for range min(b.rounds, 3) {
		if l.engine == "sqlite" {
			db := b.path("raw.db")
			for _, f := range []string{db, db + "-wal", db + "-shm"} {
				_ = os.Remove(f)
			}
			script := "PRAGMA journal_mode=WAL;\nPRAGMA synchronous=FULL;\nCREATE TABLE raw (" + rawTable + ");\n" +
				"CREATE UNIQUE INDEX raw_email ON raw (Email);\nCREATE INDEX raw_name ON raw (LastName);\n.import --csv --skip 1 " + file + " raw\n"
			c := exec.CommandContext(b.ctx, "sqlite3", "-batch", db)
			c.Stdin = strings.NewReader(script)
			if out, err := c.CombinedOutput(); err != nil {
				return 0, 0, fmt.Errorf("sqlite3: %w: %s", err, out)
			}
			loads = append(loads, (c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds())
			continue
		}
		table := l.schema + "_raw"
		if err := psql(b.ctx, l.url, "DROP TABLE IF EXISTS "+table, "CREATE TABLE "+table+" (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "+rawTable+")",
			"CREATE UNIQUE INDEX ON "+table+" (Email)", "CREATE INDEX ON "+table+" (LastName)"); err != nil {
			return 0, 0, err
		}
		begun := time.Now()
		if err := psql(b.ctx, l.url, `\copy `+table+` (`+bulkColumns+`) FROM '`+file+`' WITH (FORMAT csv, HEADER)`); err != nil {
			return 0, 0, err
		}
		loads = append(loads, time.Since(begun).Seconds())
		set := make([]string, 0, 15)
		for c := range strings.SplitSeq(bulkColumns, ",") {
			set = append(set, c+" = excluded."+c)
		}
		begun = time.Now()
		if err := psql(b.ctx, l.url, "CREATE TEMP TABLE incoming ("+rawTable+")", `\copy incoming (`+bulkColumns+`) FROM '`+file+`' WITH (FORMAT csv, HEADER)`,
			"INSERT INTO "+table+" ("+bulkColumns+") SELECT "+bulkColumns+" FROM incoming ON CONFLICT (Email) DO UPDATE SET "+strings.Join(set, ", ")); err != nil {
			return 0, 0, err
		}
		hits = append(hits, time.Since(begun).Seconds())
	}
	if l.engine != "sqlite" {
		err = psql(b.ctx, l.url, "DROP TABLE IF EXISTS "+l.schema+"_raw")
	}
	return median(loads), median(hits), err
}

// psql runs commands in one session.
func psql(ctx context.Context, url string, commands ...string) error {
	c := exec.CommandContext(ctx, "psql", "-q", "-v", "ON_ERROR_STOP=1", url)
	c.Stdin = strings.NewReader(strings.Join(commands, ";\n") + "\n")
	if strings.HasPrefix(commands[len(commands)-1], `\`) || len(commands) > 1 {
		var text strings.Builder
		for _, one := range commands {
			text.WriteString(one)
			if !strings.HasPrefix(one, `\`) {
				text.WriteByte(';')
			}
			text.WriteByte('\n')
		}
		c.Stdin = strings.NewReader(text.String())
	}
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("psql: %w: %s", err, out)
	}
	return nil
}

// bulkExport measures an export of all rows against a scan in C.
func (b *bench) bulkExport(l *loader, n int) error {
	columns := strings.Split("Id,"+bulkColumns, ",")
	before := l.cpu()
	var job struct{ ID string }
	settings := fmt.Sprintf(`{"operation":"query","query":%q}`, "SELECT "+strings.Join(columns, ", ")+" FROM Contact")
	if err := l.ask(b.ctx, http.MethodPost, "query", "application/json", strings.NewReader(settings), &job); err != nil {
		return err
	}
	for {
		var info struct{ State, ErrorMessage string }
		if err := l.ask(b.ctx, http.MethodGet, "query/"+job.ID, "", nil, &info); err != nil {
			return err
		}
		if info.State == "JobComplete" {
			break
		}
		if info.State == "Failed" {
			return fmt.Errorf("export: %s", info.ErrorMessage)
		}
		time.Sleep(50 * time.Millisecond)
	}
	req, err := http.NewRequestWithContext(b.ctx, http.MethodGet, l.proc.url+api+"/jobs/query/"+job.ID+"/results", nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+l.token)
	req.Header.Set("Accept-Encoding", "identity")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	rows := 0
	for r := csv.NewReader(bufio.NewReader(resp.Body)); ; rows++ {
		if _, err := r.Read(); err != nil {
			break
		}
	}
	if rows < n {
		return fmt.Errorf("export: %d rows of %d", rows, n)
	}
	took := (l.cpu() - before).Seconds()
	b.note("bulk: "+l.engine+", µs CPU of the server a row exported", took*1e6/float64(n))
	if l.engine != "sqlite" {
		return nil
	}
	for i := range columns {
		columns[i] = `"` + columns[i] + `"`
	}
	scan := b.scanOf(filepath.Join(b.path("bulk-sqlite"), "stoa.db"), "3", "SELECT "+strings.Join(columns, ", ")+` FROM "Contact"`)
	if scan == nil {
		return nil
	}
	us, err := scan()
	if err != nil {
		return err
	}
	b.atLeast("bulk: SQLite export to the client, share of a scan in C (CPU)", us/1e6/took, bulkExport)
	return nil
}

// bulkBeside measures what a person's requests take while a load runs, and the memory of a load of a million rows.
func (b *bench) bulkBeside(l *loader, sheet []byte, n int) error {
	idle, err := l.delays(b.ctx, func() bool { return false })
	if err != nil {
		return err
	}
	id, err := l.begin(b.ctx, `{"object":"Contact","operation":"insert"}`, sheet)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- l.await(b.ctx, "ingest/"+id, n) }()
	var failed error
	over := func() bool {
		select {
		case failed = <-ended:
			return true
		default:
			return false
		}
	}
	busy, err := l.delays(b.ctx, over)
	if err != nil {
		return err
	}
	if failed == nil && !over() {
		failed = <-ended
	}
	b.note("bulk: "+l.engine+", a create and a read at once, p99 ms wall, idle", ms(idle))
	b.atMost("bulk: "+l.engine+", the same while a load runs, times that", busy.Seconds()/idle.Seconds(), bulkDelay)
	if failed != nil || b.quick {
		return failed
	}
	many := bulkSheet(1_000_000, "million")
	id, err = l.begin(b.ctx, `{"object":"Contact","operation":"insert"}`, many[:min(len(many), 150<<20)])
	many = nil
	if err != nil {
		b.lines = append(b.lines, line{what: "bulk: a million rows", verdict: err.Error()})
		return nil
	}
	peak, until := 0.0, time.Now().Add(20*time.Second)
	for time.Now().Before(until) { // memory does not grow with what is done
		peak = max(peak, l.rss())
		time.Sleep(100 * time.Millisecond)
	}
	b.atMost("bulk: "+l.engine+", memory of the server with a load of a million rows, MiB", peak, bulkMemory)
	return l.ask(b.ctx, http.MethodPatch, "ingest/"+id, "application/json", strings.NewReader(`{"state":"Aborted"}`), nil)
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }

// delays makes a person's requests, one after the other, until there are 600 or over says so, and returns the 99th percentile of their time.
func (l *loader) delays(ctx context.Context, over func() bool) (time.Duration, error) {
	var took []time.Duration
	for i := 0; i < 600 && (i < 100 || !over()); i++ {
		begun := time.Now()
		req, err := request(ctx, http.MethodPost, l.proc.url+api+"/sobjects/Account", l.token, map[string]string{"Name": fmt.Sprintf("Beside %d", i)})
		if err != nil {
			return 0, err
		}
		if i%2 == 1 {
			if req, err = request(ctx, http.MethodGet, l.proc.url+query("SELECT Id, Name FROM Account ORDER BY CreatedDate DESC LIMIT 20"), l.token, nil); err != nil {
				return 0, err
			}
		}
		if err := send(req); err != nil {
			return 0, err
		}
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	return took[len(took)*99/100], nil
}
