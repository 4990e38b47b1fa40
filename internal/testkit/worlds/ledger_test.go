package worlds_test

import (
	"net/http"
	"slices"
)

// sameStates compares every incident with what the model thinks of it.
func (w *world) sameStates() error {
	for _, i := range w.model.order {
		var got struct {
			Status   string `json:"status"`
			Severity string `json:"severity"`
		}
		if err := w.as(root.name, http.MethodGet, i.path(), nil, &got); err != nil {
			return err
		}
		if got.Status != i.status || got.Severity != i.severity {
			w.complain("%s is %s and %s, and should be %s and %s", i, got.Status, got.Severity, i.status, i.severity)
		}
	}
	return nil
}

// severityNow is what the product says of an incident.
func (w *world) severityNow(i *incident) string {
	var got struct {
		Severity string `json:"severity"`
	}
	if err := w.as(root.name, http.MethodGet, i.path(), nil, &got); err != nil {
		w.complain("%v", err)
	}
	return got.Severity
}

// ledger wants every notification to have ended, and one for every page that the model knows of.
func (w *world) ledger() error {
	var rows []struct {
		ID        int64  `json:"id"`
		Action    string `json:"action_type"`
		Status    string `json:"status"`
		Recipient string `json:"recipient"`
		Duplicate bool   `json:"maybe_duplicate"`
	}
	if err := w.as(root.name, http.MethodGet, "/v1/notifications?limit=1000", nil, &rows); err != nil {
		return err
	}
	pages, doubles := 0, 0
	for _, r := range rows {
		if !slices.Contains([]string{"sent", "delivered", "failed", "cancelled"}, r.Status) {
			w.complain("notification %d (%s to %s) is still %s", r.ID, r.Action, r.Recipient, r.Status)
		}
		if asks(r.Action) {
			pages++
			if r.Duplicate {
				doubles++
			}
		}
	}
	if want := len(w.model.pages); pages != want {
		w.complain("there are %d pages in the books, and should be %d", pages, want)
	}
	if doubles < w.model.doubles {
		w.complain("%d pages were sent twice, and %d are marked so", w.model.doubles, doubles)
	}
	return nil
}

// books writes into the diary what the product says of the incidents, and of the pages that did not simply go out.
func (w *world) books() {
	var rows []map[string]any
	if err := w.as(root.name, http.MethodGet, "/v1/notifications?limit=1000", nil, &rows); err != nil {
		w.diary.write(w.now(), "the books cannot be read: %v", err)
		return
	}
	for _, r := range slices.Backward(rows) {
		if action, _ := r["action_type"].(string); asks(action) && (r["status"] != "sent" || r["attempts"] != 1.0) {
			w.diary.write(w.now(), "  book: %v to %v for incident %v: %v %v, tried %v times: %v", r["channel"], r["recipient"], r["incident_id"],
				r["status"], r["reason"], r["attempts"], r["tries"])
		}
	}
	for _, i := range w.model.order {
		var lines []struct {
			CreatedAt   string `json:"created_at"`
			Description string `json:"description"`
		}
		if err := w.as(root.name, http.MethodGet, i.path()+"/timeline?limit=1000", nil, &lines); err != nil {
			w.diary.write(w.now(), "the timeline cannot be read: %v", err)
		}
		for _, l := range slices.Backward(lines) {
			w.diary.write(w.now(), "  timeline of %s: %s %s", i, l.CreatedAt, l.Description)
		}
	}
}
