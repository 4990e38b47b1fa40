package main

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

const (
	guessers    = 20
	betweenAsks = 5 * time.Millisecond
)

// measureFlood measures what must always answer while clients post wrong passwords without pause, beside the same in quiet.
// The limits by client are off, so that every guess is worked out that the server is willing to.
func (b *bench) measureFlood(s *site) error {
	if err := s.populate(); err != nil {
		return err
	}
	quiet, err := b.ask(s)
	if err != nil {
		return err
	}
	stop, ended := make(chan struct{}), make(chan error, guessers)
	for i := range guessers {
		go func() { ended <- guess(s.server.address, s.people[i].email, stop) }()
	}
	time.Sleep(warmUp)
	under, err := b.ask(s)
	close(stop)
	for range guessers {
		err = errors.Join(err, <-ended)
	}
	if err != nil {
		return err
	}
	for i, name := range asked {
		p99, before := under[i].percentile(99), quiet[i].percentile(99)
		b.table.add(row{
			what: fmt.Sprintf("%s while %d clients post wrong passwords", name, guessers), engine: s.engine,
			figure: fmt.Sprintf("p50 %s, p99 %s", span(under[i].percentile(50)), span(p99)),
			limit:  fmt.Sprintf("quiet p50 %s, p99 %s", span(quiet[i].percentile(50)), span(before)),
			ratio:  times(float64(p99) / float64(before)), goal: "p99 ≤ 3 × quiet",
		})
	}
	return nil
}

var asked = []string{"`/livez`", "`/readyz`", "intake"}

// ask times each of what is asked, on a connection of its own and at a steady pace.
func (b *bench) ask(s *site) ([]outcome, error) {
	outcomes := make([]outcome, len(asked))
	failures := make([]error, len(asked))
	var group sync.WaitGroup
	for i := range asked {
		l, err := dial(s.server.address)
		if err != nil {
			return nil, err
		}
		defer l.close()
		call := func() (int, error) { return l.post(genericPath(s.key), uniqueAlert(0, nil)) }
		if i < 2 {
			path := []string{"/livez", "/readyz"}[i]
			call = func() (int, error) { return l.get(path) }
		}
		group.Go(func() { outcomes[i], failures[i] = paced(b.effort.span, call) })
	}
	group.Wait()
	return outcomes, errors.Join(failures...)
}

func paced(length time.Duration, call func() (int, error)) (o outcome, err error) {
	for end := time.Now().Add(length); time.Now().Before(end); time.Sleep(betweenAsks) {
		begun := time.Now()
		status, err := call()
		if err != nil || status/100 != 2 {
			return o, fmt.Errorf("answered %d, %w", status, err)
		}
		o.times = append(o.times, time.Since(begun))
	}
	slices.Sort(o.times)
	return o, nil
}

// guess posts wrong passwords until stop is closed; being sent away is an answer as well.
func guess(address, email string, stop <-chan struct{}) error {
	l, err := dial(address)
	if err != nil {
		return err
	}
	defer l.close()
	body := fmt.Appendf(nil, `{"username":%q,"password":"not this one"}`, email)
	for {
		select {
		case <-stop:
			return nil
		default:
		}
		status, err := l.post("/v1/auth/login/access-token", body)
		if err != nil {
			return err
		}
		if status/100 == 2 {
			return errors.New("a wrong password opened the door")
		}
	}
}
