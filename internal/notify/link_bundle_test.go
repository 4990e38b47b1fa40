package notify

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// bundleRoom is an office in which Bob got one message for three incidents, of which the last is critical and was paged for before.
func eachBundleRoom(t *testing.T, test func(t *testing.T, o *office, bob account.User, list []incident.Incident, token string)) {
	t.Helper()
	eachOffice(t, func(t *testing.T, o *office) {
		bob := o.person("bob")
		critical := o.incident("critical")
		o.page(critical, bob, "first", mailTo(bob))
		o.dispatch(o.post)
		o.over(bob)
		list := append(o.storm(bob, 2), critical)
		o.page(critical, bob, "second", mailTo(bob))
		o.dispatch(o.post)
		last := o.mail.sent[len(o.mail.sent)-1]
		token, found := strings.CutPrefix(last.AckURL, o.post.PublicURL+linkPath)
		if !found || len(last.Bundle) != 3 {
			t.Fatalf("the message is %+v", last)
		}
		test(t, o, bob, list, token)
	})
}

func (o *office) statuses(list []incident.Incident) (words string) {
	o.t.Helper()
	for _, i := range list {
		d, err := o.incidents.Get(o.t.Context(), account.System(i.OrgID, "test"), i.ID)
		if err != nil {
			o.t.Fatal(err)
		}
		words += " " + string(d.Incident.Status)
	}
	return strings.TrimSpace(words)
}

func TestTheLinkOfABundleListsItAndReadingItChangesNothing(t *testing.T) {
	eachBundleRoom(t, func(t *testing.T, o *office, bob account.User, list []incident.Incident, token string) {
		v, err := o.post.ReadLink(t.Context(), token)
		if err != nil || len(v.Listed) != 3 || v.Standing != LinkWaits || !v.CanAcknowledge || v.CanResolve || v.Person != "Bob" || v.Note != "" {
			t.Fatalf("it shows %+v, %v", v, err)
		}
		titles := map[string]bool{}
		for _, item := range v.Listed {
			titles[item.Incident.Title] = item.CanAcknowledge && !item.CanResolve && item.Standing == LinkWaits
		}
		if want := map[string]bool{"incident 0": true, "incident 1": true, "critical": true}; fmt.Sprint(titles) != fmt.Sprint(want) {
			t.Errorf("it lists %v", titles)
		}
		if got := o.statuses(list); got != "open open open" {
			t.Errorf("the incidents are %s", got)
		}
	})
}

func TestOnePressAcknowledgesAllThatIsNotCritical(t *testing.T) {
	eachBundleRoom(t, func(t *testing.T, o *office, bob account.User, list []incident.Incident, token string) {
		v, err := o.post.ActByLink(t.Context(), token, LinkAct{Verb: "acknowledge"})
		if err != nil || v.Standing != LinkWaits || v.Note != "You have acknowledged 2 incidents. One still waits: tick it and acknowledge it." {
			t.Errorf("it shows %+v, %v", v, err)
		}
		if got := o.statuses(list); got != "acknowledged acknowledged open" {
			t.Errorf("the incidents are %s", got)
		}
		v, err = o.post.ActByLink(t.Context(), token, LinkAct{Verb: "acknowledge", ByChoice: true, Chosen: []int64{list[2].ID}})
		if err != nil || v.Standing != LinkTaken || v.CanAcknowledge || v.Note != "You have acknowledged one incident." {
			t.Errorf("then it shows %+v, %v", v, err)
		}
		if got := o.statuses(list); got != "acknowledged acknowledged acknowledged" {
			t.Errorf("then the incidents are %s", got)
		}
		if v, err = o.post.ReadLink(t.Context(), token); err != nil || v.Note != "There is nothing left to acknowledge here." {
			t.Errorf("at last it shows %+v, %v", v, err)
		}
	})
}

func TestOnlyWhatIsTickedIsAcknowledged(t *testing.T) {
	eachBundleRoom(t, func(t *testing.T, o *office, bob account.User, list []incident.Incident, token string) {
		other := o.minor("of nobody's concern")
		act := LinkAct{Verb: "acknowledge", ByChoice: true}
		if _, err := o.post.ActByLink(t.Context(), token, act); err != nil {
			t.Fatal(err)
		}
		if got := o.statuses(list); got != "open open open" {
			t.Errorf("with nothing ticked the incidents are %s", got)
		}
		act.Chosen = []int64{list[1].ID, other.ID, 1 << 40}
		if _, err := o.post.ActByLink(t.Context(), token, act); err != nil {
			t.Fatal(err)
		}
		if got := o.statuses(append(list, other)); got != "open acknowledged open open" {
			t.Errorf("the incidents are %s", got)
		}
	})
}

func TestAListIsNotResolved(t *testing.T) {
	eachBundleRoom(t, func(t *testing.T, o *office, bob account.User, list []incident.Incident, token string) {
		if _, err := o.post.ActByLink(t.Context(), token, LinkAct{Verb: "resolve"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("resolving a list: %v", err)
		}
	})
}

// The link covers the episodes that its message listed: what has opened anew since is another matter, and what is over is over.
func TestAListSaysOfEachWhatHasBecomeOfIt(t *testing.T) {
	eachBundleRoom(t, func(t *testing.T, o *office, bob account.User, list []incident.Incident, token string) {
		system := account.System(list[0].OrgID, "test")
		for _, i := range list[:2] {
			if _, err := o.incidents.Resolve(t.Context(), system, i.ID); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := o.incidents.Reopen(t.Context(), system, list[0].ID); err != nil {
			t.Fatal(err)
		}
		v, err := o.post.ActByLink(t.Context(), token, LinkAct{Verb: "acknowledge"})
		if err != nil || len(v.Listed) != 3 {
			t.Fatalf("%+v, %v", v, err)
		}
		standings := map[string]LinkStanding{}
		for _, item := range v.Listed {
			standings[item.Incident.Title] = item.Standing
		}
		if standings["incident 0"] != LinkSuperseded || standings["incident 1"] != LinkOver || standings["critical"] != LinkWaits {
			t.Errorf("it shows %v", standings)
		}
		if got := o.statuses(list); got != "open resolved open" {
			t.Errorf("the incidents are %s", got)
		}
		o.clk.Advance(linkLongest + time.Hour)
		if v, err = o.post.ReadLink(t.Context(), token); err != nil || v.Standing != LinkExpired || len(v.Listed) != 0 || v.Person != "" {
			t.Errorf("after months it shows %+v, %v", v, err)
		}
	})
}

func TestTheListOfSomebodyWhoLeftDoesNothing(t *testing.T) {
	eachBundleRoom(t, func(t *testing.T, o *office, bob account.User, list []incident.Incident, token string) {
		off := false
		if _, err := o.accounts.UpdateUser(t.Context(), account.System(bob.OrgID, "test"), bob.ID, account.UserPatch{IsActive: &off}); err != nil {
			t.Fatal(err)
		}
		v, err := o.post.ActByLink(t.Context(), token, LinkAct{Verb: "acknowledge"})
		if err != nil || v.Standing != LinkRefused || len(v.Listed) != 0 {
			t.Errorf("it shows %+v, %v", v, err)
		}
		if got := o.statuses(list); got != "open open open" {
			t.Errorf("the incidents are %s", got)
		}
	})
}

func TestAMessageIsListedWithAllThatItToldOf(t *testing.T) {
	eachBundleRoom(t, func(t *testing.T, o *office, _ account.User, list []incident.Incident, _ string) {
		var carrier int64
		for _, d := range o.all() {
			if d.BundleID != nil {
				carrier = *d.BundleID
			}
		}
		page, err := o.post.ListNotifications(t.Context(), account.System(list[0].OrgID, "test"), NotificationFilter{MessageID: &carrier})
		if err != nil || page.Total != 3 {
			t.Fatalf("%d are listed, %v", page.Total, err)
		}
		for _, d := range page.Notifications {
			if d.ID != carrier && (d.BundleID == nil || *d.BundleID != carrier) {
				t.Errorf("notification %d went out in another message", d.ID)
			}
		}
	})
}
