package notify

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// linkRoom is an office with two people and one incident, of which both were paged.
type linkRoom struct {
	*office
	service  *Service
	root     account.Actor
	ann, bob account.User
	incident incident.Incident
	links    map[int64]string // tokens by person
}

func eachLinkRoom(t *testing.T, test func(t *testing.T, r *linkRoom)) {
	t.Helper()
	eachOffice(t, func(t *testing.T, o *office) {
		r := &linkRoom{office: o, service: o.post, root: account.System(dbtest.Org, "test"), links: map[int64]string{}}
		r.ann, r.bob = r.person("Ann"), r.person("Bob")
		r.incident = o.incident("Disk full")
		r.links[r.ann.ID], r.links[r.bob.ID] = r.page(r.ann), r.page(r.bob)
		test(t, r)
	})
}

// person makes a plain user, who may act on nothing but what is their own.
func (r *linkRoom) person(name string) account.User {
	r.t.Helper()
	u, err := r.accounts.CreateUserDirect(r.t.Context(), account.NewUser{
		Email: strings.ToLower(name) + "@example.com", FullName: name, Role: account.RoleUser, Password: "testpass123", Timezone: "Europe/Berlin",
	}, "")
	if err != nil {
		r.t.Fatal(err)
	}
	return u
}

// page pages a person for the incident's present episode and returns the token of the link.
func (r *linkRoom) page(u account.User) string {
	r.t.Helper()
	r.office.page(r.incident, u, fmt.Sprintf("page:%d:%d", u.ID, r.incident.Episode), mailTo(u))
	all := r.all()
	link := r.service.linkFor(all[len(all)-1].Notification)
	token, found := strings.CutPrefix(link, r.service.PublicURL+linkPath)
	if !found {
		r.t.Fatalf("the link is %q", link)
	}
	return token
}

func (r *linkRoom) read(token string) LinkView {
	r.t.Helper()
	v, err := r.service.ReadLink(r.t.Context(), token)
	if err != nil {
		r.t.Fatalf("read the link: %v", err)
	}
	return v
}

func (r *linkRoom) act(token, verb string) LinkView {
	r.t.Helper()
	v, err := r.service.ActByLink(r.t.Context(), token, LinkAct{Verb: verb})
	if err != nil {
		r.t.Fatalf("%s by the link: %v", verb, err)
	}
	return v
}

func (r *linkRoom) now() incident.Detail {
	r.t.Helper()
	d, err := r.service.Incidents.Get(r.t.Context(), r.root, r.incident.ID)
	if err != nil {
		r.t.Fatal(err)
	}
	return d
}

func (r *linkRoom) status(want incident.Status) incident.Detail {
	r.t.Helper()
	d := r.now()
	if d.Incident.Status != want {
		r.t.Errorf("the incident is %s, want %s", d.Incident.Status, want)
	}
	return d
}

// TestWhoWasPagedMayAcknowledgeByTheLink: Ann is a plain user of no team, who could not act on the incident if she signed in.
func TestWhoWasPagedMayAcknowledgeByTheLink(t *testing.T) {
	eachLinkRoom(t, func(t *testing.T, r *linkRoom) {
		v := r.read(r.links[r.ann.ID])
		if v.Standing != LinkWaits || v.Incident.Title != "Disk full" || v.Person != "Ann" || v.Zone != "Europe/Berlin" || !v.CanAcknowledge || !v.CanResolve || v.Note != "" {
			t.Errorf("before, the link shows %+v", v)
		}
		r.status(incident.StatusOpen)
		v = r.act(r.links[r.ann.ID], "acknowledge")
		if v.Standing != LinkTaken || v.CanAcknowledge || !v.CanResolve || !strings.HasPrefix(v.Note, "You have it.") {
			t.Errorf("after, the link shows %+v", v)
		}
		d := r.status(incident.StatusAcknowledged)
		if by := d.Incident.AcknowledgedBy; by == nil || *by != r.ann.ID || len(d.Assignments) != 1 || d.Assignments[0].UserID != r.ann.ID {
			t.Errorf("acknowledged by %v, assigned %+v", by, d.Assignments)
		}
		line := d.Timeline[0]
		if line.Description != "Ann acknowledged by the link in a message." || line.UserID == nil || *line.UserID != r.ann.ID || line.Metadata["by"] != "link" {
			t.Errorf("the timeline says %+v", line)
		}
	})
}

func TestReadingALinkChangesNothing(t *testing.T) {
	eachLinkRoom(t, func(t *testing.T, r *linkRoom) {
		before := r.now()
		for range 3 {
			r.read(r.links[r.ann.ID])
		}
		after := r.now()
		if after.Incident.Version != before.Incident.Version || len(after.Timeline) != len(before.Timeline) {
			t.Errorf("reading made version %d of %d", after.Incident.Version, before.Incident.Version)
		}
	})
}

func TestASecondClickChangesNothing(t *testing.T) {
	eachLinkRoom(t, func(t *testing.T, r *linkRoom) {
		r.act(r.links[r.ann.ID], "acknowledge")
		before := r.now()
		r.clk.Advance(time.Minute)
		if v := r.act(r.links[r.ann.ID], "acknowledge"); v.Standing != LinkTaken || !strings.HasPrefix(v.Note, "You have it.") {
			t.Errorf("the second click shows %+v", v)
		}
		after := r.now()
		if len(after.Timeline) != len(before.Timeline) || !after.Incident.AcknowledgedAt.Equal(*before.Incident.AcknowledgedAt) || len(after.Assignments) != 1 {
			t.Errorf("the second click made %+v of %+v", after.Timeline, before.Timeline)
		}
		r.act(r.links[r.ann.ID], "resolve")
		before = r.status(incident.StatusResolved)
		if v := r.act(r.links[r.ann.ID], "resolve"); v.Standing != LinkOver || !strings.HasPrefix(v.Note, "You resolved it.") || v.CanResolve {
			t.Errorf("resolving twice shows %+v", v)
		}
		if after = r.now(); after.Incident.Version != before.Incident.Version {
			t.Errorf("resolving twice made version %d of %d", after.Incident.Version, before.Incident.Version)
		}
	})
}

func TestWhoComesSecondIsToldWhoHasIt(t *testing.T) {
	eachLinkRoom(t, func(t *testing.T, r *linkRoom) {
		r.act(r.links[r.ann.ID], "acknowledge")
		if v := r.read(r.links[r.bob.ID]); v.Note != "Ann has it." || !v.CanAcknowledge {
			t.Errorf("Bob sees %+v", v)
		}
		v := r.act(r.links[r.bob.ID], "acknowledge")
		if v.Note != "Ann has it. That you acknowledged it as well is recorded." || v.CanAcknowledge {
			t.Errorf("Bob is told %+v", v)
		}
		d := r.status(incident.StatusAcknowledged)
		if *d.Incident.AcknowledgedBy != r.ann.ID || len(d.Assignments) != 2 {
			t.Errorf("acknowledged by %d, assigned %+v", *d.Incident.AcknowledgedBy, d.Assignments)
		}
	})
}

func TestAResolvedIncidentIsNotAcknowledgedByALink(t *testing.T) {
	eachLinkRoom(t, func(t *testing.T, r *linkRoom) {
		r.act(r.links[r.ann.ID], "resolve")
		before := r.status(incident.StatusResolved)
		v := r.act(r.links[r.bob.ID], "acknowledge")
		if v.Standing != LinkOver || v.Note != "Ann resolved it. There is nothing left to do." || v.CanAcknowledge || v.CanResolve {
			t.Errorf("Bob is told %+v", v)
		}
		if after := r.status(incident.StatusResolved); after.Incident.Version != before.Incident.Version {
			t.Errorf("the link changed the incident: %+v", after.Incident)
		}
	})
}

func TestALinkOfAnEarlierEpisodeDoesNothing(t *testing.T) {
	eachLinkRoom(t, func(t *testing.T, r *linkRoom) {
		r.act(r.links[r.ann.ID], "resolve")
		reopened, err := r.service.Incidents.Reopen(t.Context(), r.root, r.incident.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, verb := range []string{"acknowledge", "resolve"} {
			v := r.act(r.links[r.ann.ID], verb)
			if v.Standing != LinkSuperseded || v.CanAcknowledge || v.CanResolve || !strings.Contains(v.Note, "opened again") {
				t.Errorf("%s by the old link shows %+v", verb, v)
			}
		}
		r.status(incident.StatusOpen)
		r.incident = reopened
		if v := r.act(r.page(r.ann), "acknowledge"); v.Standing != LinkTaken {
			t.Errorf("the new link shows %+v", v)
		}
		r.status(incident.StatusAcknowledged)
	})
}

func TestALinkExpires(t *testing.T) {
	eachLinkRoom(t, func(t *testing.T, r *linkRoom) {
		day := 24 * time.Hour
		r.clk.Advance(89 * day)
		if v := r.read(r.links[r.ann.ID]); v.Standing != LinkWaits {
			t.Errorf("after 89 days the link shows %+v", v)
		}
		r.act(r.links[r.ann.ID], "resolve")
		r.clk.Advance(day + time.Minute)
		for _, v := range []LinkView{r.read(r.links[r.ann.ID]), r.act(r.links[r.ann.ID], "resolve")} {
			if v.Standing != LinkExpired || v.Incident.ID != 0 || v.Person != "" || v.CanResolve {
				t.Errorf("after 90 days the link shows %+v", v)
			}
		}
	})
	eachLinkRoom(t, func(t *testing.T, r *linkRoom) {
		r.act(r.links[r.ann.ID], "resolve")
		r.clk.Advance(7*24*time.Hour - time.Minute)
		if v := r.read(r.links[r.ann.ID]); v.Standing != LinkOver {
			t.Errorf("within 7 days of the resolve the link shows %+v", v)
		}
		r.clk.Advance(2 * time.Minute)
		if v := r.act(r.links[r.bob.ID], "acknowledge"); v.Standing != LinkExpired {
			t.Errorf("7 days after the resolve the link shows %+v", v)
		}
	})
}

func TestALinkDoesNothingForAPersonWhoIsNotActive(t *testing.T) {
	eachLinkRoom(t, func(t *testing.T, r *linkRoom) {
		off := false
		if _, err := r.accounts.UpdateUser(t.Context(), r.root, r.ann.ID, account.UserPatch{IsActive: &off}); err != nil {
			t.Fatal(err)
		}
		for _, v := range []LinkView{r.read(r.links[r.ann.ID]), r.act(r.links[r.ann.ID], "acknowledge")} {
			if v.Standing != LinkRefused || v.Incident.ID != 0 || v.CanAcknowledge {
				t.Errorf("the link shows %+v", v)
			}
		}
		r.status(incident.StatusOpen)
	})
}

// TestALinkThatIsNotOursIsNotFound: each claim is signed by our own key, so that only what it is bound to can refuse it.
func TestALinkThatIsNotOursIsNotFound(t *testing.T) {
	eachLinkRoom(t, func(t *testing.T, r *linkRoom) {
		good, ok := readLinkToken(r.service.Secret, r.links[r.ann.ID])
		if !ok {
			t.Fatal("the good link is not read")
		}
		other := dbtest.Organization(t, r.d, "other")
		claims := map[string]func(c *linkClaim){
			"another organisation":    func(c *linkClaim) { c.org = other },
			"another person":          func(c *linkClaim) { c.user = r.bob.ID },
			"another message":         func(c *linkClaim) { c.notifications = []int64{c.notifications[0] + 1000} },
			"another's message":       func(c *linkClaim) { c.notifications = []int64{c.notifications[0] + 1} },
			"another incident":        func(c *linkClaim) { c.incident++ },
			"an episode not paged":    func(c *linkClaim) { c.episode++ },
			"a person there is not":   func(c *linkClaim) { c.user = 1 << 40 },
			"an incident there isn't": func(c *linkClaim) { c.incident = 1 << 40 },
		}
		tokens := map[string]string{"nothing": "", "rubbish": "AAAA", "cut": r.links[r.ann.ID][:20]}
		for name, change := range claims {
			c := good
			change(&c)
			tokens[name] = c.sign(r.service.Secret)
		}
		tokens["a foreign key"] = good.sign(account.NewKeys(bytes.Repeat([]byte("x"), 32)))
		for name, token := range tokens {
			if v, err := r.service.ReadLink(t.Context(), token); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: read %+v, %v", name, v, err)
			}
			if v, err := r.service.ActByLink(t.Context(), token, LinkAct{Verb: "acknowledge"}); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: acted %+v, %v", name, v, err)
			}
		}
		r.status(incident.StatusOpen)
	})
}

func TestALinkIsForTwoVerbsOnly(t *testing.T) {
	eachLinkRoom(t, func(t *testing.T, r *linkRoom) {
		for _, verb := range []string{"delete", "reopen", "ACKNOWLEDGE", "still_on_it"} {
			if _, err := r.service.ActByLink(t.Context(), r.links[r.ann.ID], LinkAct{Verb: verb}); !fault.Is(err, fault.Invalid) {
				t.Errorf("%q: %v", verb, err)
			}
		}
		r.status(incident.StatusOpen)
	})
}

func TestALinkToADeletedIncidentIsNotFound(t *testing.T) {
	eachLinkRoom(t, func(t *testing.T, r *linkRoom) {
		if err := r.service.Incidents.Delete(t.Context(), r.root, r.incident.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := r.service.ActByLink(t.Context(), r.links[r.ann.ID], LinkAct{Verb: "acknowledge"}); !fault.Is(err, fault.NotFound) {
			t.Errorf("the answer is %v", err)
		}
	})
}
