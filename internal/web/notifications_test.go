package web

import (
	"html"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/notify"
)

func TestWhatWasSentIsListedWithWhatCameOfIt(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	eve, lea := h.person("eve", account.RoleOncallEngineer, shop), h.person("lea", account.RoleTeamLead, shop)
	h.policy(twoSteps)
	b := h.signIn(eve)
	b.get("/notifications").shows("Nothing was sent", "To everybody")
	i := h.incident(incident.NewIncident{Title: "Checkout <fails>", Severity: "critical", TeamID: &shop})
	h.steps()
	h.letters.answer = &notify.Outcome{Result: notify.Retry, Detail: "451 come <back>"}
	h.send()
	b.get("/notifications").shows("Checkout &lt;fails&gt;", "Page", "E-mail", "eve@example.com", "Waiting", "1 attempt", "451 come &lt;back&gt;", "next try in", "1 in all")
	h.letters.answer = nil
	h.clk.Advance(3 * time.Second)
	h.send()
	b.get("/notifications").shows("Sent", "2 attempts", "250 taken", "Every attempt", "Failed", "Accepted").hides("next try in")

	h.clk.Advance(10 * time.Minute)
	h.steps()
	h.signIn(lea).get("/notifications").shows("Waiting", "due in").hides("eve@example.com")
	b.get("/notifications").hides("lea@example.com")
	b.get("/notifications?tab=all").shows("lea@example.com", "Lea", "eve@example.com", "2 in all")
	b.get("/notifications?tab=all&status=pending&channel=email").shows("lea@example.com", `name="tab"`).hides("eve@example.com")
	b.get("/notifications?status=failed").shows("Nothing fits")
	b.get("/notifications?status=made-up&channel=pigeon&cursor=nonsense").shows("eve@example.com")

	if _, err := h.deps.Incidents.Acknowledge(t.Context(), h.root, i.ID); err != nil {
		t.Fatal(err)
	}
	h.signIn(lea).get("/notifications").shows("Cancelled", "Somebody had acknowledged.", "Not tried")
}

func TestAPlainUserSeesNobodyElsesNotifications(t *testing.T) {
	h := newHouse(t)
	h.page(h.person("ann", account.RoleUser), h.incident(incident.NewIncident{Title: "Disk full", Severity: "high"}))
	h.signIn(h.person("ulla", account.RoleUser)).get("/notifications?tab=all").shows("Nothing was sent").hides("To everybody", "Disk full")
	h.browser().get("/notifications").is(http.StatusSeeOther)
}

func TestListsOfNotificationsFollowEachOther(t *testing.T) {
	h := newHouse(t)
	lea := h.person("lea", account.RoleTeamLead)
	h.policy(`{"name": "All", "steps": [{"delay_minutes": 0, "actions": [{"type": "notify", "target": "admins"}]}]}`)
	ida := h.person("ida", account.RoleAdmin)
	for range pageSize + 1 {
		h.incident(incident.NewIncident{Title: "Again", Severity: "critical"})
	}
	h.steps()
	b := h.signIn(ida)
	first := b.get("/notifications?channel=email").shows("Older", "51 in all").hides("Newest")
	b.get(html.UnescapeString(between(first.body, `<a class="btn" href="`, `" rel="next"`))).shows("Newest", "Again").hides("Older")
	h.signIn(lea).get("/notifications").shows("Nothing was sent")
}

func TestAnIncidentSaysWhatBecameOfEachPage(t *testing.T) {
	h := newHouse(t)
	shop := h.team("Shop")
	eve := h.person("eve", account.RoleOncallEngineer, shop)
	h.policy(twoSteps)
	i := h.incident(incident.NewIncident{Title: "Checkout fails", Severity: "critical", TeamID: &shop})
	h.steps()
	h.send()
	m := h.letters.next(t)
	if why := "Why you:  role on-call engineer, by step 1 of Day and night\n"; !strings.Contains(m.Text, why) {
		t.Errorf("the page says\n%s", m.Text)
	}
	h.browser().get(strings.TrimPrefix(m.AckURL, "http://tocsin.test")).shows("Why you", "role on-call engineer, by step 1 of Day and night")
	h.signIn(eve).get("/incidents/"+idText(i.ID)).shows(`class="ladder"`, "Eve", "eve@example.com", "Sent", "250 taken", "1 attempt")
}
