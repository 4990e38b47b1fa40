package main

import (
	"bufio"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"
)

const (
	services    = 60
	pageBound   = 30 * time.Second
	betweenMail = 20 * time.Millisecond
)

// person answers for a service of the same number.
type person struct{ email string }

// populate makes the services, each with its own team, person and policy that pages that person at once.
func (s *site) populate() error {
	if s.people != nil {
		return nil
	}
	for i := range services {
		team, err := s.admin.create("/v1/teams", map[string]any{"name": fmt.Sprintf("team %d", i)})
		if err != nil {
			return err
		}
		email := fmt.Sprintf("person%d@example.org", i)
		user, err := s.admin.create("/v1/users", map[string]any{
			"email": email, "password": adminPassword, "full_name": fmt.Sprintf("Person %d", i), "role": "oncall_engineer", "team_id": team,
		})
		if err != nil {
			return err
		}
		policy := policyOf(fmt.Sprintf("policy %d", i), 0, fmt.Sprint(user))
		policy["team_id"] = team
		if _, err := s.admin.create("/v1/escalation/policies", policy); err != nil {
			return err
		}
		if _, err := s.admin.create("/v1/services", map[string]any{"name": fmt.Sprintf("service %d", i), "team_id": team}); err != nil {
			return err
		}
		s.people = append(s.people, person{email})
	}
	return nil
}

// pagingBody is an alert of a service that pages its person at once.
func pagingBody(mark string, service int) []byte {
	return fmt.Appendf(nil, `{"key":"%s","title":"Down: %s","severity":"critical","status":"firing","service":"service %d"}`, mark, mark, service)
}

// measurePaging measures how long a page takes: one after the other, and sixty at once.
func (b *bench) measurePaging(s *site) error {
	if err := s.populate(); err != nil {
		return err
	}
	commit, err := drive(b.effort.span, []func() error{s.bare.one})
	if err != nil {
		return err
	}
	letter, err := timeLetters(s.mail.address, b.effort.pages)
	if err != nil {
		return err
	}
	if err := b.measureMail(s, commit, letter); err != nil {
		return err
	}
	return b.measureAllAtOnce(s, letter)
}

func (b *bench) measureMail(s *site, commit, letter outcome) error {
	l, err := dial(s.server.address)
	if err != nil {
		return err
	}
	defer l.close()
	var marks []string
	var accepted []time.Time
	for i := range b.effort.pages {
		name := fmt.Sprintf("mark-%s-%d", s.engine, i)
		if status, err := l.post(genericPath(s.key), pagingBody(name, i%services)); err != nil || status/100 != 2 {
			return fmt.Errorf("an alert was answered %d, %w", status, err)
		}
		marks, accepted = append(marks, name), append(accepted, time.Now())
		time.Sleep(betweenMail)
	}
	arrivals, err := s.mail.await(b.ctx, marks, pageBound)
	if err != nil {
		return err
	}
	var taken outcome
	for i, at := range arrivals {
		taken.times = append(taken.times, max(0, at.Sub(accepted[i])))
	}
	slices.Sort(taken.times)
	limit := 3*commit.percentile(50) + letter.percentile(50)
	b.table.add(row{
		what: "alert accepted → the mail server has the page", engine: s.engine,
		figure: fmt.Sprintf("p50 %s, p99 %s", span(taken.percentile(50)), span(taken.percentile(99))),
		limit:  "three commits and one mail p50 " + span(limit), ratio: times(float64(taken.percentile(50)) / float64(limit)),
		goal: "p50 < 50 ms, p99 < 250 ms",
	})
	return nil
}

// measureAllAtOnce fires all services in the same instant, each over its own connection.
func (b *bench) measureAllAtOnce(s *site, letter outcome) error {
	lines := make([]*line, services)
	for i := range lines {
		l, err := dial(s.server.address)
		if err != nil {
			return err
		}
		defer l.close()
		lines[i] = l
	}
	var last []time.Duration
	for round := range b.effort.rounds {
		var group sync.WaitGroup
		marks := make([]string, services)
		failures := make([]error, services)
		begun := time.Now()
		for i, l := range lines {
			marks[i] = fmt.Sprintf("mark-%sall-%d", s.engine, round*services+i)
			group.Go(func() {
				if status, err := l.post(genericPath(s.key), pagingBody(marks[i], i)); err != nil || status/100 != 2 {
					failures[i] = fmt.Errorf("service %d was answered %d, %w", i, status, err)
				}
			})
		}
		group.Wait()
		if i := slices.IndexFunc(failures, func(err error) bool { return err != nil }); i >= 0 {
			return failures[i]
		}
		arrivals, err := s.mail.await(b.ctx, marks, pageBound)
		if err != nil {
			return err
		}
		last = append(last, slices.MaxFunc(arrivals, time.Time.Compare).Sub(begun))
	}
	slices.Sort(last)
	middle, limit := last[len(last)/2], services*letter.percentile(50)
	b.table.add(row{
		what: fmt.Sprintf("%d services fire at once: the last of %d people is paged after", services, services), engine: s.engine,
		figure: span(middle), limit: fmt.Sprintf("%d mails one after the other %s", services, span(limit)),
		ratio: times(float64(middle) / float64(limit)), goal: "< 1 s",
	})
	return nil
}

// timeLetters hands letters to the mail server one after the other, over one connection.
func timeLetters(address string, n int) (outcome, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return outcome{}, err
	}
	defer func() { _ = conn.Close() }()
	read := bufio.NewReader(conn)
	speak := func(text string) error {
		if _, err := fmt.Fprint(conn, text); err != nil {
			return err
		}
		_, err := read.ReadString('\n')
		return err
	}
	if _, err := read.ReadString('\n'); err != nil {
		return outcome{}, err
	}
	var o outcome
	for range n {
		begun := time.Now()
		for _, text := range []string{
			"MAIL FROM:<a@example.org>\r\n", "RCPT TO:<b@example.org>\r\n", "DATA\r\n", "Subject: a page\r\n\r\nA page of some length.\r\n.\r\n",
		} {
			if err := speak(text); err != nil {
				return o, err
			}
		}
		o.times = append(o.times, time.Since(begun))
	}
	slices.Sort(o.times)
	return o, nil
}
