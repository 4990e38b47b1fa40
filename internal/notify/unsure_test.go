package notify

import (
	"testing"
	"time"
)

func TestWhatIsSentAgainBecauseNoAnswerCameIsMarked(t *testing.T) {
	for _, unsure := range []bool{true, false} {
		eachOffice(t, func(t *testing.T, o *office) {
			bob, i := o.person("bob"), o.incident("db down")
			o.mail.set(func(w *wire) {
				w.answer = func(m Message) Outcome {
					if m.Attempt == 1 {
						return Outcome{Result: Retry, Detail: "it did not work", Unsure: unsure}
					}
					return Outcome{Result: Sent, Detail: "250 taken"}
				}
			})
			o.page(i, bob, "e1", mailTo(bob))
			o.dispatch(o.post)
			o.clk.Advance(2 * time.Second)
			o.dispatch(o.post)
			if n := o.stands(StatusSent, ""); n.MaybeDuplicate != unsure {
				t.Errorf("unsure %v, marked %v", unsure, n.MaybeDuplicate)
			}
		})
	}
}
