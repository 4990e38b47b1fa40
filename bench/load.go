package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// warmUp is how long a load runs before it counts.
const warmUp = 300 * time.Millisecond

// outcome is what a load saw.
type outcome struct {
	rate  float64 // a second
	times []time.Duration
}

// percentile is the time that p percent of the calls stayed within.
func (o outcome) percentile(p float64) time.Duration {
	if len(o.times) == 0 {
		return 0
	}
	return o.times[min(len(o.times)-1, int(float64(len(o.times))*p/100))]
}

// drive has workers call as fast as they are answered, for the span. Every worker has its own call; what begins within the
// warm-up does not count.
func drive(length time.Duration, calls []func() error) (outcome, error) {
	begin := time.Now().Add(warmUp)
	end := begin.Add(length)
	var (
		group  sync.WaitGroup
		mu     sync.Mutex
		all    []time.Duration
		failed error
	)
	for _, call := range calls {
		group.Go(func() {
			var times []time.Duration
			var err error
			for started := time.Now(); err == nil && started.Before(end); {
				err = call()
				done := time.Now()
				if started.After(begin) && done.Before(end) {
					times = append(times, done.Sub(started))
				}
				started = done
			}
			mu.Lock()
			defer mu.Unlock()
			all, failed = append(all, times...), errors.Join(failed, err)
		})
	}
	group.Wait()
	slices.Sort(all)
	return outcome{rate: float64(len(all)) / length.Seconds(), times: all}, failed
}

// posting makes n lines over the addresses that post what next gives them.
func posting(addresses []string, n int, path string, next func(worker int, buf []byte) []byte) (calls []func() error, done func(), err error) {
	lines := make([]*line, 0, n)
	done = func() {
		for _, l := range lines {
			l.close()
		}
	}
	for worker := range n {
		l, err := dial(addresses[worker%len(addresses)])
		if err != nil {
			done()
			return nil, nil, err
		}
		lines = append(lines, l)
		var body []byte
		calls = append(calls, func() error {
			body = next(worker, body[:0])
			status, err := l.post(path, body)
			if err == nil && status/100 != 2 {
				err = fmt.Errorf("answered %d", status)
			}
			return err
		})
	}
	return calls, done, nil
}

// paired is a load beside its limit, measured one right after the other.
type paired struct{ product, limit outcome }

func (p paired) ratio() float64 { return p.product.rate / p.limit.rate }

// rounds measures both by turns and gives the round with the middle ratio: on a shared machine a figure and its limit wobble
// together, and one bad second spoils either.
func (b *bench) rounds(product, limit func() (outcome, error)) (paired, error) {
	var all []paired
	for range b.effort.rounds {
		var p paired
		var err error
		if p.limit, err = limit(); err != nil {
			return p, fmt.Errorf("limit: %w", err)
		}
		if p.product, err = product(); err != nil {
			return p, err
		}
		all = append(all, p)
	}
	slices.SortFunc(all, func(x, y paired) int { return cmp.Compare(x.ratio(), y.ratio()) })
	return all[len(all)/2], nil
}
