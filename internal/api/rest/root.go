package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// json makes v the answer. It is for small and irregular answers; records have their own writer.
func (c *call) json(v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("encode %T: %w", v, err)
	}
	c.out = append(c.out, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...)
	return nil
}

// versions answers GET /services/data, which needs no session.
func (c *call) versions() error {
	if c.r.Method != get && c.r.Method != "HEAD" {
		c.w.Header().Set("Allow", "HEAD,GET")
		return fault.New(fault.MethodNotAllowed, "HTTP Method '%s' not allowed. Allowed are HEAD,GET", c.r.Method)
	}
	if c.xml {
		c.kind, c.out = xmlType, appendVersionsXML(c.out)
		return nil
	}
	c.out = append(c.out, c.h.versions...)
	return nil
}

// appendVersions appends the list of versions, the oldest first.
func appendVersions(dst []byte) []byte {
	dst = append(dst, '[')
	for v := oldestVersion; v <= newestVersion; v++ {
		if v > oldestVersion {
			dst = append(dst, ',')
		}
		dst = fmt.Appendf(dst, `{"label":%q,"url":"%s/v%d.0","version":"%d.0"}`, label(v), Prefix, v, v)
	}
	return append(dst, ']')
}

// label returns the name of a version's release: three a year, counted from Winter '12, which was 23.
func label(version int) string {
	n := version - 23 + 2 // thirds of a year since Spring '11
	return fmt.Sprintf("%s '%02d", [...]string{"Spring", "Summer", "Winter"}[(n%3+3)%3], 11+n/3+n%3/2)
}

// root answers the names and paths of a version's resources. Clients use it to see whether a token is still good.
func (c *call) root() error {
	c.out = append(c.out, '{')
	for _, name := range []string{"limits", "jobs", "appMenu", "compactLayouts", "parameterizedSearch", "query", "queryAll", "quickActions", "recent", "search", "sobjects", "support", "tabs", "theme", "tooling"} {
		c.out = append(append(append(c.out, '"'), name...), `":"`...)
		c.out = append(append(append(append(append(c.out, c.base...), '/'), name...), '"'), ',')
	}
	c.out = append(append(append(c.out, `"composite":"`...), c.base...), `/composite","identity":`...)
	id := c.h.opt.Gate.Base(c.r) + "/id/" + string(c.session.Org().ID()) + "/" + string(c.session.Actor().User)
	c.out = append(record.AppendJSON(c.out, []byte(id)), '}')
	return nil
}

// limits answers what the server allows in a day or an hour, and what is left of it.
func (c *call) limits() error {
	type limit struct{ Max, Remaining int64 }
	day := c.h.opt.DailyRequests
	free := func(n int64) limit { return limit{n, n} }
	return c.json(map[string]limit{
		"DailyApiRequests":                    {day, max(0, day-c.h.usage.used.Load())},
		"DailyBulkApiBatches":                 free(15000),
		"DailyBulkV2QueryJobs":                free(10000),
		"DailyBulkV2QueryFileStorageMB":       free(976562),
		"DailyAsyncApexExecutions":            free(250000),
		"DailyGenericStreamingApiEvents":      free(10000),
		"DailyStreamingApiEvents":             free(10000),
		"DataStorageMB":                       free(1048576),
		"FileStorageMB":                       free(1048576),
		"HourlyAsyncReportRuns":               free(1200),
		"HourlyPublishedPlatformEvents":       free(50000),
		"HourlyPublishedStandardVolumeEvents": free(1000),
		"ConcurrentAsyncGetReportInstances":   free(200),
		"ConcurrentSyncReportRuns":            free(20),
		"MassEmail":                           free(5000),
		"SingleEmail":                         free(5000),
	})
}

func (c *call) emptyList() error {
	c.out = append(c.out, "[]"...)
	return nil
}

func (c *call) theme() error {
	c.out = append(c.out, `{"themeItems":[]}`...)
	return nil
}

// appMenu answers the menus of apps that there are.
func (c *call) appMenu() error {
	return c.json(map[string]string{"AppSwitcher": c.base + "/appMenu/AppSwitcher"})
}

// appSwitcher lists the apps that people choose from: the console is one for all.
func (c *call) appSwitcher() error {
	type item struct {
		Colors  []string `json:"colors"`
		Content *string  `json:"content"`
		Icons   []string `json:"icons"`
		Label   string   `json:"label"`
		Type    string   `json:"type"`
		URL     string   `json:"url"`
	}
	return c.json(map[string][]item{"appMenuItems": {{Label: c.h.opt.Gate.OrgName(), Type: "Tabset", URL: c.h.opt.Gate.Base(c.r) + "/console"}}})
}

// tabs lists the objects that people work with in the console.
func (c *call) tabs() error {
	type tab struct {
		Colors      []string `json:"colors"`
		Custom      bool     `json:"custom"`
		IconURL     string   `json:"iconUrl"`
		Icons       []string `json:"icons"`
		Label       string   `json:"label"`
		MiniIconURL string   `json:"miniIconUrl"`
		Name        string   `json:"name"`
		ObjectName  string   `json:"sobjectName"`
		URL         string   `json:"url"`
	}
	all := []tab{}
	for _, o := range c.session.Catalog().Objects() {
		if !o.Layoutable || !c.session.Rights(o).Read {
			continue
		}
		all = append(all, tab{
			Colors: []string{}, Icons: []string{}, Custom: o.Custom, Label: o.LabelPlural, Name: "standard-" + o.Name, ObjectName: o.Name,
			URL: c.h.opt.Gate.Base(c.r) + "/console/" + o.Name + "/list",
		})
	}
	return c.json(all)
}

// The number of recent records. Source: the API's default for recent, and for recentItems of an object.
const (
	defaultRecent = 200
	recentItems   = 5
)

// recent answers what the user looked at last.
func (c *call) recent() error {
	n, err := c.between("limit", defaultRecent, 1, 2000)
	if err != nil {
		return err
	}
	res, err := c.recentlyViewed("", n)
	if err != nil {
		return err
	}
	c.out = appendRecords(c.out, c.base, []*record.Result{res})
	return nil
}

// recentlyViewed returns up to n records that the user looked at, of one object or with "" of all, the last one first.
func (c *call) recentlyViewed(object string, n int) (*record.Result, error) {
	q := "SELECT Id, Name FROM RecentlyViewed"
	if object != "" {
		q += " WHERE Type = " + quoted(object)
	}
	q += " ORDER BY LastReferencedDate DESC, Id DESC LIMIT " + strconv.Itoa(n)
	return c.session.Query(c.r.Context(), q, org.QueryOptions{})
}
