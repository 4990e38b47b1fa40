package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
)

var methodOnPage = regexp.MustCompile(`action="/me/contact-methods/(\d+)/verify"`)

// addMethod adds a second address and returns the id of the method.
func (b *browser) addMethod(address string) string {
	b.t.Helper()
	b.post("/me/contact-methods", url.Values{"channel": {"email"}, "address": {address}, "label": {"My <phone>"}}).goesTo("/me?done=code_sent")
	found := methodOnPage.FindStringSubmatch(b.get("/me").shows(address, "My &lt;phone&gt;", "Not verified").body)
	if found == nil {
		b.t.Fatal("no method waits for its code")
	}
	return found[1]
}

func TestAnAddressIsUsedOnceItsCodeIsTyped(t *testing.T) {
	h := newHouse(t)
	b := h.signIn(h.person("ann", account.RoleOncallEngineer))
	b.get("/me").shows("Your account's e-mail", "ann@example.com", "Ready", "Send me a test page").hides("/delete")
	id := b.addMethod("phone@example.com")
	h.send()
	letter := h.letters.next(t)
	code := regexp.MustCompile(`\b\d{6}\b`).FindString(letter.Text)
	if letter.To != "phone@example.com" || code == "" {
		t.Fatalf("the mail to %s says %s", letter.To, letter.Text)
	}
	if page := b.get("/notifications").body; strings.Contains(page, code) {
		t.Error("the code stands in the list of notifications")
	}
	wrong := "000000"
	if code == wrong {
		wrong = "000001"
	}
	b.post("/me/contact-methods/"+id+"/verify", url.Values{"code": {wrong}}).is(http.StatusUnprocessableEntity).says("code-bad-"+id, "Is not the code")
	b.post("/me/contact-methods/"+id+"/test", nil).is(http.StatusConflict)
	b.post("/me/contact-methods/"+id+"/verify", url.Values{"code": {code}}).goesTo("/me?done=verified")
	b.get("/me").hides("Not verified")
	h.clk.Advance(2 * time.Minute)
	b.post("/me/contact-methods/"+id+"/test", nil).goesTo("/me?done=test_sent")
	h.send()
	if m := h.letters.next(t); m.To != "phone@example.com" || m.Action != "test" || m.Urgency != "high" {
		t.Errorf("the test page is %+v", m)
	}
	b.get("/notifications").shows("Test", "phone@example.com", "250 taken")
}

func TestOnesWaysAreSwitchedAndRemoved(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.signIn(h.person("ann", account.RoleUser)), h.signIn(h.person("bob", account.RoleUser))
	id := ann.addMethod("phone@example.com")
	for _, act := range []string{"test", "on", "off", "delete", "code", "verify"} {
		bob.post("/me/contact-methods/"+id+"/"+act, nil).is(http.StatusNotFound)
		ann.post("/me/contact-methods/nonsense/"+act, nil).is(http.StatusNotFound)
	}
	ann.post("/me/contact-methods/"+id+"/code", nil).is(http.StatusTooManyRequests)
	ann.post("/me/contact-methods/"+id+"/off", nil).goesTo("/me?done=saved")
	ann.get("/me").shows("Switched off")
	ann.post("/me/contact-methods/"+id+"/on", nil).goesTo("/me?done=saved")
	ann.post("/me/contact-methods/"+id+"/delete", nil).goesTo("/me?done=removed")
	ann.get("/me").hides("phone@example.com")
	own := between(ann.get("/me").body, `action="/me/contact-methods/`, `/`)
	ann.post("/me/contact-methods/"+own+"/delete", nil).is(http.StatusConflict).says("own e-mail")
	ann.post("/me/contact-methods", url.Values{"channel": {"pigeon"}, "address": {"loft <7>"}}).is(http.StatusUnprocessableEntity).
		says("method-channel-bad", `value="loft &lt;7&gt;"`)
	ann.post("/me/preferences/email", url.Values{"enabled": {""}}).goesTo("/me?done=saved")
	ann.get("/me").shows("Off")
	ann.post("/me/preferences/email", url.Values{"enabled": {"on"}}).goesTo("/me?done=saved")
	ann.get("/me").hides("Off<")
	ann.post("/me/preferences/pigeon", url.Values{"enabled": {"on"}}).is(http.StatusNotFound)
}

func TestOnesNoticesAreSwitched(t *testing.T) {
	h := newHouse(t)
	b := h.signIn(h.person("ann", account.RoleUser))
	notices := func() string { return between(b.get("/me").body, `id="notices"`, `</section>`) }
	if got := notices(); !strings.Contains(got, "Comments") || strings.Contains(got, "Off<") || strings.Count(got, "/me/notices/") != 4 {
		t.Errorf("at first: %s", got)
	}
	b.post("/me/notices/commented", url.Values{"enabled": {""}}).goesTo("/me?done=saved")
	if got := notices(); strings.Count(got, "Switch on") != 1 {
		t.Errorf("one is off: %s", got)
	}
	b.post("/me/notices/commented", url.Values{"enabled": {"on"}}).goesTo("/me?done=saved")
	if got := notices(); strings.Contains(got, "Switch on") {
		t.Errorf("all are on again: %s", got)
	}
	b.post("/me/notices/page", url.Values{"enabled": {""}}).is(http.StatusNotFound)
}

func TestPeopleSayInWhichOrderTheyAreReached(t *testing.T) {
	h := newHouse(t)
	b := h.signIn(h.person("ann", account.RoleUser))
	id := b.addMethod("phone@example.com")
	own := between(b.get("/me").body, `action="/me/contact-methods/`, `/`)
	order := url.Values{
		"high.0.delay_minutes": {"0"}, "high.0.contact_method_id": {own}, "high.1.delay_minutes": {"7"}, "high.1.contact_method_id": {""},
		"high.2.delay_minutes": {"2.5"}, "high.2.contact_method_id": {id},
	}
	b.post("/me/rules/high", order).goesTo("/me?done=saved")
	rules := func(a answer) string { return between(a.body, `id="rules"`, `</section>`) }
	if got := rules(b.get("/me").is(http.StatusOK)); !strings.Contains(got, `value="2.5"`) || strings.Contains(got, `value="7"`) || !strings.Contains(got, `name="high.3.delay_minutes"`) ||
		strings.Contains(got, `name="high.4.delay_minutes"`) {
		t.Errorf("the saved order is drawn as %s", got)
	}
	b.post("/me/rules/low", url.Values{"low.0.delay_minutes": {""}, "low.0.contact_method_id": {id}}).goesTo("/me?done=saved")
	if got := rules(b.get("/me")); !strings.Contains(got, `value="2.5"`) || strings.Count(got, `selected`) != 3+4 {
		t.Errorf("%d options are chosen, want the three rules and four empty lines: %s", strings.Count(got, `selected`), got)
	}
	order.Set("high.2.delay_minutes", "soon")
	b.post("/me/rules/high", order).is(http.StatusUnprocessableEntity).says("high-high.1.delay_minutes-bad", "Must be a number of minutes", `value="soon"`)
	order.Set("high.0.delay_minutes", "5")
	order.Set("high.2.delay_minutes", "2")
	b.post("/me/rules/high", order).is(http.StatusUnprocessableEntity).says("high-high.0.delay_minutes-bad", `value="5"`)
	b.post("/me/rules/never", order).is(http.StatusNotFound)
	b.post("/me/rules/high", nil).goesTo("/me?done=saved")
	if got := rules(b.get("/me")); strings.Contains(got, `value="2.5"`) {
		t.Errorf("the emptied order is drawn as %s", got)
	}
}
