package peer_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/testkit/peer"
)

type notice struct {
	Status, GroupKey string
	Alerts           []struct {
		Status, Fingerprint string
		Labels              map[string]string
	}
}

func TestAlertmanagerTellsTheWebhookWhatFiresAndWhatIsOver(t *testing.T) {
	notices := make(chan notice, 10)
	webhook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var n notice
		if err := json.NewDecoder(r.Body).Decode(&n); err != nil {
			t.Error(err)
		}
		notices <- n
	}))
	defer webhook.Close()
	alertmanager := peer.StartAlertmanager(t, webhook.URL, peer.Timing{})
	down := peer.Alert{Labels: map[string]string{"alertname": "DatabaseDown", "instance": "db1"}}

	alertmanager.Fire(t, down)
	fired := next(t, notices)
	if fired.Status != "firing" || fired.GroupKey == "" || len(fired.Alerts) != 1 || fired.Alerts[0].Labels["instance"] != "db1" {
		t.Fatalf("the webhook got %+v", fired)
	}
	alertmanager.Resolve(t, down)
	resolved := next(t, notices)
	if resolved.Status != "resolved" || resolved.Alerts[0].Fingerprint != fired.Alerts[0].Fingerprint {
		t.Fatalf("the webhook got %+v", resolved)
	}
}

func next(t *testing.T, notices <-chan notice) notice {
	t.Helper()
	select {
	case n := <-notices:
		return n
	case <-time.After(soon):
		t.Fatal("the webhook was not called in time")
		return notice{}
	}
}
