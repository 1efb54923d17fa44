package server

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"stoa/internal/org"
)

// metrics are what /metrics tells of the server, on a registry of its own.
type metrics struct {
	registry *prometheus.Registry
	running  prometheus.Gauge
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec

	mu     sync.RWMutex
	series map[outcome]*series // guarded by mu
}

// An outcome is what requests with the same series have in common. There are as many as routes and statuses.
type outcome struct {
	pattern string
	status  int
}

// A series is what counts requests of one outcome.
type series struct {
	requests prometheus.Counter
	seconds  prometheus.Observer
}

func newMetrics(version string) *metrics {
	m := &metrics{
		series:   map[outcome]*series{},
		registry: prometheus.NewRegistry(),
		running:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "stoa_http_requests_running", Help: "Requests being answered."}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "stoa_http_requests_total", Help: "Requests by door and status."}, []string{"door", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "stoa_http_request_seconds", Help: "Time to answer a request, live streams left out.", Buckets: prometheus.ExponentialBuckets(0.0005, 2.5, 12),
		}, []string{"door"}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "stoa_build_info", Help: "Version of Stoa.", ConstLabels: prometheus.Labels{"version": version}})
	build.Set(1)
	m.registry.MustRegister(m.running, m.requests, m.seconds, build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// observe counts a request. How long a live stream was listened to says nothing of how fast the server answers.
func (m *metrics) observe(r *http.Request, status int, took time.Duration, stream bool) {
	of := outcome{r.Pattern, status}
	m.mu.RLock()
	s := m.series[of]
	m.mu.RUnlock()
	if s == nil {
		door := doorName(r.Pattern)
		s = &series{m.requests.WithLabelValues(door, strconv.Itoa(status)), m.seconds.WithLabelValues(door)}
		m.mu.Lock()
		m.series[of] = s
		m.mu.Unlock()
	}
	s.requests.Inc()
	if !stream {
		s.seconds.Observe(took.Seconds())
	}
}

// doorName returns the first words of a pattern: /services/data, /console. There are a dozen.
func doorName(pattern string) string {
	if i := strings.IndexByte(pattern, '/'); i > 0 {
		pattern = pattern[i:] // a method stands before
	}
	words := strings.SplitN(pattern, "/", 4)
	switch {
	case len(words) < 2 || words[1] == "":
		return "none"
	case words[1] == "services" && len(words) > 2:
		return "/services/" + words[2]
	default:
		return "/" + words[1]
	}
}

// A queue tells of the jobs of an org when it is asked.
type queue struct {
	count         func(context.Context) (org.JobCounts, error)
	waiting, dead *prometheus.Desc
}

// watch has /metrics tell of an org's jobs.
func (m *metrics) watch(count func(context.Context) (org.JobCounts, error)) {
	m.registry.MustRegister(&queue{
		count,
		prometheus.NewDesc("stoa_job_waiting", "Jobs that wait for their time or for a worker.", nil, nil),
		prometheus.NewDesc("stoa_job_dead", "Jobs that were given up in the last 30 days.", nil, nil),
	})
}

func (q *queue) Describe(to chan<- *prometheus.Desc) {
	to <- q.waiting
	to <- q.dead
}

func (q *queue) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), countTime)
	defer cancel()
	c, err := q.count(ctx)
	if err != nil {
		to <- prometheus.NewInvalidMetric(q.waiting, err)
		return
	}
	to <- prometheus.MustNewConstMetric(q.waiting, prometheus.GaugeValue, float64(c.Waiting))
	to <- prometheus.MustNewConstMetric(q.dead, prometheus.GaugeValue, float64(c.Dead))
}

// countTime is how long counting for /metrics may take.
const countTime = 5 * time.Second

// handler answers /metrics, without what cannot be told at the moment.
func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}
