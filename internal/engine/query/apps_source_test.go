package query

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"stoa/internal/engine/catalog"
)

// few are the objects of which an organisation has dozens, or some hundreds: reading all of them costs nothing.
var few = strings.Fields(`BusinessHours CaseStatus EmailTemplate Group GroupMember Holiday Knowledge__ka Knowledge__kav Macro MacroInstruction MilestoneType
	Organization Profile QueueSobject QuickText Routing_Rule__c Service__c Service_Setting__c Topic Article_Address__c
	Interview__c Position__c Employment_Website__c Job_Posting__c Scorecard_Attribute__c PermissionSet PermissionSetAssignment UserRole Network`)

// appsFolder is where the apps are.
var appsFolder = filepath.Join("..", "..", "..", "apps")

// appsQueries returns the queries that apps ask of tables that grow, with values in their places. They are found in the
// source: one that is put together at run time needs an example in spelled.
func appsQueries(t *testing.T, snap *catalog.Snapshot) []string {
	t.Helper()
	all, used := map[string]bool{}, map[string]bool{}
	for _, q := range sourceQueries(t) {
		if byID.MatchString(q.text) {
			continue // never more than are asked for
		}
		texts := []string{q.text}
		if q.open {
			var ok bool
			if texts, ok = spelled[q.text]; !ok {
				t.Errorf("%s: what this query says is known only when it runs: give an example in spelled\n\t%q: {},", q.at, q.text)
				continue
			}
			used[q.text] = true
		}
		for _, text := range texts {
			text = strings.Join(strings.Fields(text), " ")
			o := snap.Object(objectOf(text))
			if o == nil {
				t.Errorf("%s: no object in %s", q.at, text)
				continue
			}
			if !slices.Contains(few, o.Name) {
				all[filled(t, snap, o, text)] = true
			}
		}
	}
	for text := range spelled {
		if !used[text] {
			t.Errorf("spelled has an example of what no app asks: %q", text)
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// A sourceQuery is SOQL in the source of an app. Where open, text is the expression that makes it.
type sourceQuery struct {
	at, text string
	open     bool
}

// sourceQueries finds the expressions of apps that begin with SELECT.
func sourceQueries(t *testing.T) (all []sourceQuery) {
	t.Helper()
	files := token.NewFileSet()
	byFolder := map[string][]*ast.File{}
	err := filepath.WalkDir(appsFolder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "_templ.go") {
			return err
		}
		f, err := parser.ParseFile(files, path, nil, 0)
		byFolder[filepath.Dir(path)] = append(byFolder[filepath.Dir(path)], f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range byFolder {
		known := constants(folder)
		for _, f := range folder {
			ast.Inspect(f, func(n ast.Node) bool {
				e, ok := n.(ast.Expr)
				if !ok || !begins(e, known) {
					return true
				}
				text, ok := constant(e, known)
				if !ok {
					var b bytes.Buffer
					if err := printer.Fprint(&b, files, e); err != nil {
						t.Fatal(err)
					}
					text = strings.Join(strings.Fields(b.String()), " ")
				}
				if ok && !strings.Contains(text, " FROM ") {
					return false // the beginning of one that stands elsewhere
				}
				all = append(all, sourceQuery{files.Position(e.Pos()).String(), text, !ok})
				return false
			})
		}
	}
	return all
}

// constants returns the constants of a package.
func constants(files []*ast.File) map[string]ast.Expr {
	known := map[string]ast.Expr{}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			if d, ok := n.(*ast.GenDecl); ok && d.Tok == token.CONST {
				for _, s := range d.Specs {
					for i, name := range s.(*ast.ValueSpec).Names {
						if v := s.(*ast.ValueSpec).Values; i < len(v) {
							known[name.Name] = v[i]
						}
					}
				}
			}
			return true
		})
	}
	return known
}

// begins reports whether an expression is text that begins with SELECT.
func begins(e ast.Expr, known map[string]ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return e.Kind == token.STRING && err == nil && strings.HasPrefix(s, "SELECT ")
	case *ast.BinaryExpr:
		return e.Op == token.ADD && begins(e.X, known)
	default:
		return false
	}
}

// constant returns the text of an expression that is known before it runs.
func constant(e ast.Expr, known map[string]ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil
	case *ast.Ident:
		if v, ok := known[e.Name]; ok {
			return constant(v, known)
		}
	case *ast.BinaryExpr:
		x, okX := constant(e.X, known)
		y, okY := constant(e.Y, known)
		return x + y, okX && okY && e.Op == token.ADD
	}
	return "", false
}

var (
	fromClause = regexp.MustCompile(` FROM (\w+)( (?:WHERE|ORDER|GROUP|LIMIT) |$)`)
	placeOf    = regexp.MustCompile(`([\w.]+) (=|!=|<=|>=|<|>|LIKE|IN|NOT IN) \?`)
	byID       = regexp.MustCompile(`WHERE Id (=|IN) \?( AND |"|$)`)
	otherPlace = regexp.MustCompile(`(LIMIT|OFFSET) \?`)
)

func objectOf(text string) string {
	if m := fromClause.FindAllStringSubmatch(text, -1); m != nil {
		return m[len(m)-1][1]
	}
	return ""
}

// filled puts values into the places of a query.
func filled(t *testing.T, snap *catalog.Snapshot, o *catalog.Object, text string) string {
	t.Helper()
	text = placeOf.ReplaceAllStringFunc(text, func(m string) string {
		part := placeOf.FindStringSubmatch(m)
		v := sample(t, snap, o, part[1])
		if strings.HasSuffix(part[2], "IN") {
			v = "(" + v + ")"
		}
		return part[1] + " " + part[2] + " " + v
	})
	text = otherPlace.ReplaceAllString(text, "$1 51")
	if strings.Contains(text, "?") {
		t.Errorf("what stands for the question mark in %s?", text)
	}
	return text
}

// sample returns a literal that a field may have.
func sample(t *testing.T, snap *catalog.Snapshot, o *catalog.Object, path string) string {
	t.Helper()
	words := strings.Split(path, ".")
	for _, w := range words[:len(words)-1] {
		i := slices.IndexFunc(o.Fields, func(f *catalog.Field) bool {
			return strings.EqualFold(f.RelationshipName, w) || strings.EqualFold(f.RelationshipName+"__r", w)
		})
		if i < 0 {
			t.Errorf("%s has no parent %s", o.Name, w)
			return "''"
		}
		o = snap.Object(o.Fields[i].ReferenceTo[0])
	}
	f := o.Field(words[len(words)-1])
	if f == nil {
		t.Errorf("%s has no field %s", o.Name, path)
		return "''"
	}
	prefix := o.KeyPrefix
	switch f.Type {
	case &catalog.Boolean:
		return "true"
	case &catalog.Reference:
		prefix = snap.Object(f.ReferenceTo[0]).KeyPrefix
		fallthrough
	case &catalog.ID:
		if strings.HasPrefix(prefix, "a") {
			prefix = "a00" // which of them it is depends on what else there is
		}
		return fmt.Sprintf("'%sSa0000000007'", prefix)
	case &catalog.DateTime:
		return "2026-11-01T00:00:00Z"
	case &catalog.Date:
		return "2026-11-01"
	case &catalog.Int, &catalog.Number, &catalog.Percent, &catalog.Currency:
		return "7"
	default:
		if len(f.Values) > 0 {
			return "'" + f.Values[0].Value + "'"
		}
		return "'Number 7'"
	}
}

// looksThrough are the queries that may read a whole table, and why that costs little.
var looksThrough = map[string]string{
	"SELECT Id, Slug__c FROM FeedItem":              "the site map: in the order of the table, and most of what it meets is wanted",
	"FROM Case WHERE Replied_At__c >= ":             "the week's numbers, which are kept; an index would cost every case",
	"FROM Case WHERE Reply_Due__c >= ":              "the week's numbers, which are kept; an index would cost every case",
	"FROM Case ORDER BY IsClosed, CreatedDate DESC": "a citizen's scope has only the cases of one contact, which an index has",
	"FROM Undo__c WHERE Until__c < ":                "the job that empties the table: it holds what was done in one day",
}

// mayLookThrough reports whether a query is one of those.
func mayLookThrough(text string) bool {
	for part := range looksThrough {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// spelled has, for queries that are put together when they run, one of each kind that comes out.
var spelled = map[string][]string{
	"\"SELECT \" + receiptFields + \" FROM Mail_Receipt__c\" + where": {
		"SELECT Id, Email_Message__c, Case__c, Case__r.Reference__c, Incoming__c, At__c, Message_Id__c, Subject__c, From__c, To__c, Size__c, Kind__c, Rule__c, Why__c, Outcome__c, Stranger__c, Refused_Case__c, Refused_Case__r.Reference__c, Answered__c, No_Answer__c, Problems__c, Copies__c, Moved_From__c, Moved_From__r.Reference__c, Moved_By__r.Name, Moved_At__c, Moved_Why__c, Settled__c FROM Mail_Receipt__c WHERE Case__c IN ('500000000000001AAA') ORDER BY At__c DESC, Id DESC LIMIT 200",
		"SELECT Id, Email_Message__c, Case__c, Case__r.Reference__c, Incoming__c, At__c, Message_Id__c, Subject__c, From__c, To__c, Size__c, Kind__c, Rule__c, Why__c, Outcome__c, Stranger__c, Refused_Case__c, Refused_Case__r.Reference__c, Answered__c, No_Answer__c, Problems__c, Copies__c, Moved_From__c, Moved_From__r.Reference__c, Moved_By__r.Name, Moved_At__c, Moved_Why__c, Settled__c FROM Mail_Receipt__c WHERE Case__c IN ('500000000000001AAA') AND Incoming__c = true AND Settled__c = false AND (Stranger__c = true OR Refused_Case__c != null) ORDER BY Id LIMIT 200",
		"SELECT Id, Email_Message__c, Case__c, Case__r.Reference__c, Incoming__c, At__c, Message_Id__c, Subject__c, From__c, To__c, Size__c, Kind__c, Rule__c, Why__c, Outcome__c, Stranger__c, Refused_Case__c, Refused_Case__r.Reference__c, Answered__c, No_Answer__c, Problems__c, Copies__c, Moved_From__c, Moved_From__r.Reference__c, Moved_By__r.Name, Moved_At__c, Moved_Why__c, Settled__c FROM Mail_Receipt__c WHERE Email_Message__c = '02s000000000001AAA' ORDER BY Id LIMIT 1",
	},
	"\"SELECT Id, CaseId, StartDate, TargetDate, CompletionDate, Case.Paused_Since__c, Case.Paused_Seconds__c FROM CaseMilestone WHERE \" + where": {
		"SELECT Id, CaseId, StartDate, TargetDate, CompletionDate, Case.Paused_Since__c, Case.Paused_Seconds__c FROM CaseMilestone WHERE Id IN ('555000000000001AAA')",
		"SELECT Id, CaseId, StartDate, TargetDate, CompletionDate, Case.Paused_Since__c, Case.Paused_Seconds__c FROM CaseMilestone WHERE CaseId IN ('500000000000001AAA')",
	},
	"\"SELECT Id FROM \" + object + \" WHERE ParentId = ? LIMIT 1\"": {
		"SELECT Id FROM EmailMessage WHERE ParentId = '500000000000001AAA' LIMIT 1",
		"SELECT Id FROM CaseComment WHERE ParentId = '500000000000001AAA' LIMIT 1",
	},
	`"SELECT Id, Slug__c, Active_At__c, LastEditDate FROM FeedItem WHERE Type = 'QuestionPost' AND Status = 'Published'" + where + " ORDER BY Id LIMIT ?"`: {
		"SELECT Id, Slug__c FROM FeedItem WHERE Type = 'QuestionPost' AND Status = 'Published' AND Id > ? ORDER BY Id LIMIT ?",
	},
	`"SELECT COUNT(Id) n FROM " + q.object + " WHERE " + q.where + "Network__c = ? AND CreatedDate > ?"`: {
		"SELECT COUNT(Id) n FROM FeedItem WHERE Type = 'QuestionPost' AND Network__c = ? AND CreatedDate > ?", "SELECT COUNT(Id) n FROM FeedComment WHERE Network__c = ? AND CreatedDate > ?",
	},
	`"SELECT COUNT(Id) n FROM " + q.object + " WHERE " + q.where + "CreatedById = ? AND Status = 'Published'"`: {
		"SELECT COUNT(Id) n FROM FeedItem WHERE Type = 'QuestionPost' AND CreatedById = ? AND Status = 'Published'", "SELECT COUNT(Id) n FROM FeedComment WHERE CreatedById = ? AND Status = 'Published'",
	},
	`"SELECT COUNT(Id) n FROM " + object + " WHERE CreatedById = ? AND CreatedDate > ?"`: {"SELECT COUNT(Id) n FROM FeedComment WHERE CreatedById = ? AND CreatedDate > ?"},
	"`SELECT Id, Key__c, State__c, Why__c, Rule__c, Words__c, Appeal__c, Network__c, Reports__c, CreatedDate, Decided_At__c, Decided_By__c, Decided_By__r.Name FROM Moderation_Case__c WHERE ` + where + \" ORDER BY \" + order + \" LIMIT ?\"": {
		"SELECT Id FROM Moderation_Case__c WHERE State__c = ? ORDER BY CreatedDate, Id LIMIT ?",
	},
	`"SELECT Network__c, COUNT(Id) n FROM Moderation_Case__c WHERE State__c = 'Waiting' AND Network__c != null GROUP BY Network__c HAVING COUNT(Id) >= " + itoa(manyPosts) + " ORDER BY COUNT(Id) DESC LIMIT 5"`: {
		"SELECT Network__c, COUNT(Id) n FROM Moderation_Case__c WHERE State__c = 'Waiting' AND Network__c != null GROUP BY Network__c HAVING COUNT(Id) >= 5 ORDER BY COUNT(Id) DESC LIMIT 5",
	},
	`"SELECT " + questionFields + " FROM FeedItem WHERE " + strings.Join(where, " AND ") + " ORDER BY Active_At__c DESC, Id DESC LIMIT ?"`: {
		"SELECT Id FROM FeedItem WHERE Id IN ? ORDER BY Active_At__c DESC, Id DESC LIMIT ?",
	},
	`"SELECT Id, Title__c, Body__c, CreatedDate, CreatedById FROM Post_Revision__c WHERE " + field + " = ? ORDER BY CreatedDate DESC, Id DESC LIMIT 50"`: {
		"SELECT Id, Title__c FROM Post_Revision__c WHERE Question__c = ? ORDER BY CreatedDate DESC, Id DESC LIMIT 50",
	},
	`"SELECT Id FROM EmailMessage WHERE ParentId = ? AND " + answered + " AND Automatic__c = true"`: {"SELECT Id FROM EmailMessage WHERE ParentId = ? AND Automatic__c = true"},
	`"SELECT Status__c, COUNT(Id) n FROM Job_Application__c WHERE Position__c = ?" + soql + " GROUP BY Status__c"`: {
		"SELECT Status__c, COUNT(Id) n FROM Job_Application__c WHERE Position__c = ? GROUP BY Status__c",
	},
	`"SELECT Id, " + personFields + ", Status__c, Source__c, Applied_On__c, Stage_Since__c, Average_Rating__c, Number_of_Reviews__c, Answers__c FROM Job_Application__c WHERE Position__c = ? AND Status__c = ?" + soql + " ORDER BY Stage_Since__c, Applied_On__c, Id LIMIT ?"`: {
		"SELECT Id, Status__c FROM Job_Application__c WHERE Position__c = ? AND Status__c = ? ORDER BY Stage_Since__c, Applied_On__c, Id LIMIT ?",
	},
	`"SELECT Id" + waiting + urgent + " ORDER BY Reply_Due__c NULLS LAST, CreatedDate, Id LIMIT 1"`: {
		"SELECT Id FROM Case WHERE OwnerId IN ? AND IsClosed = false AND Status NOT IN ('Waiting', 'On Hold') ORDER BY Reply_Due__c NULLS LAST, CreatedDate, Id LIMIT 1",
		"SELECT Id FROM Case WHERE OwnerId IN ? AND IsClosed = false AND Status NOT IN ('Waiting', 'On Hold') AND Priority = 'High' ORDER BY Reply_Due__c NULLS LAST, CreatedDate, Id LIMIT 1",
	},
	`"SELECT Id FROM " + object + " WHERE ParentId IN ? AND Id NOT IN ?"`: {
		"SELECT Id FROM EmailMessage WHERE ParentId IN ? AND Id NOT IN ?", "SELECT Id FROM CaseComment WHERE ParentId IN ? AND Id NOT IN ?",
	},
	`"SELECT Id, " + q.fields + " FROM " + q.from`: {"SELECT Id, Status FROM Case WHERE Id IN ?", "SELECT Id, TargetDate, CompletionDate FROM CaseMilestone WHERE CaseId IN ?"},
	`"SELECT Id, Subject, Status, IsClosed, CreatedDate, ClosedDate, Service__r.Name FROM Case WHERE " + where + " AND Id != ? ORDER BY CreatedDate DESC LIMIT 6"`: {
		"SELECT Id, Subject, Service__r.Name FROM Case WHERE ContactId = ? AND Id != ? ORDER BY CreatedDate DESC LIMIT 6",
		"SELECT Id, Subject, Service__r.Name FROM Case WHERE SuppliedEmail = ? AND Id != ? ORDER BY CreatedDate DESC LIMIT 6",
	},
	`"SELECT Id FROM Case WHERE " + q + " LIMIT 1"`: {"SELECT Id FROM Case WHERE CaseNumber = ? LIMIT 1", "SELECT Id FROM Case WHERE Reference__c = ? LIMIT 1"},
	"`SELECT Id, Subject, Status, Type, Priority, CreatedDate, Contact.Name, SuppliedName, Snippet__c, Description, Last_Message_At__c, Last_From__c, Owner.Name, Reply_Due__c, Replied_At__c, Solve_Due__c, Solved_At__c, Paused_Since__c, LastViewedDate FROM Case WHERE OwnerId IN ? AND IsClosed = false ORDER BY ` + order + \" LIMIT ?\"": {
		"SELECT Id, Subject, Contact.Name, Owner.Name FROM Case WHERE OwnerId IN ? AND IsClosed = false ORDER BY Reply_Due__c NULLS LAST, CreatedDate, Id LIMIT ?",
		"SELECT Id, Subject, Contact.Name, Owner.Name FROM Case WHERE OwnerId IN ? AND IsClosed = false ORDER BY CreatedDate DESC, Id DESC LIMIT ?",
	},
	`"SELECT " + columns + " FROM " + object + " WHERE " + field + " IN ?"`: {
		"SELECT Id, Blind__c, Candidate__c FROM Job_Application__c WHERE Candidate__c IN ?", "SELECT Id, Blind__c FROM Candidate__c WHERE Id IN ?",
	},
	`"SELECT " + columns + dotted + " FROM " + w.object + " WHERE " + dotted + " IN ?"`: {
		"SELECT Id, Blind__c, Job_Application__c FROM Offer__c WHERE Job_Application__c IN ?", "SELECT Id, Blind__c, RelatedToId FROM EmailMessage WHERE RelatedToId IN ?",
		"SELECT Id, Blind__c, Names_Shown__c, Review__r.Job_Application__c FROM Review_Score__c WHERE Review__r.Job_Application__c IN ?",
	},
}
