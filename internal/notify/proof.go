package notify

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// How codes are held against guessing, and against filling the mailbox of somebody who has nothing to do with it.
const (
	codeLife   = noticeLife  // as long as its message is worth sending
	codeTries  = 5           // wrong ones, then a new code is needed
	codePause  = time.Minute // between two codes for one method
	codesADay  = 10          // for all methods of one person
	codeDigits = 6
)

// code is what is kept of the codes that were sent to prove an address.
type code struct {
	serial int        // how many were sent; the last one bears this number
	tries  int        // how many wrong ones came back since the last was sent
	sentAt *time.Time // when the last was sent
}

// codeKey names the last code of a method; it is the page key of the notification that carries it.
func (m ContactMethod) codeKey() string { return fmt.Sprintf("verify:%d:%d", m.ID, m.code.serial) }

// codeOf is the code with the key. It is worked out from the server's secret whenever it is needed, so that it stands in no table
// and in no list, but only in the message.
func (s *Service) codeOf(org int64, key string) string {
	mac := hmac.New(sha256.New, s.Secret.Derive("codes of contact methods"))
	fmt.Fprintf(mac, "%d %s", org, key)
	return fmt.Sprintf("%0*d", codeDigits, binary.BigEndian.Uint64(mac.Sum(nil))%1_000_000)
}

// SendCode sends a new code to a contact method; the one before is void. One that is verified needs none and gets none.
// Faults: NotFound, also for one that is not the actor's; Conflict (not_configured); RateLimited.
func (s *Service) SendCode(ctx context.Context, actor account.Actor, id int64) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		m, err := s.holdMethod(tx, actor, id)
		if err != nil || m.Verified {
			return err
		}
		if !m.Configured {
			return s.notConfigured(m)
		}
		_, err = s.sendCode(tx, m)
		return err
	})
}

// sendCode sends a new code. The person's methods are held.
func (s *Service) sendCode(tx *db.Tx, m ContactMethod) (ContactMethod, error) {
	now := tx.Now()
	if m.code.sentAt != nil && now.Before(m.code.sentAt.Add(codePause)) {
		return m, tooManyCodes(m.code.sentAt.Add(codePause).Sub(now))
	}
	sent, first, err := codesSince(tx, m.OrgID, m.UserID, now.AddDate(0, 0, -1))
	if err != nil {
		return m, err
	}
	if sent >= codesADay {
		return m, tooManyCodes(first.AddDate(0, 0, 1).Sub(now))
	}
	m.code = code{serial: m.code.serial + 1, sentAt: &now}
	if err := saveMethod(tx, m); err != nil {
		return m, err
	}
	_, err = s.sendTo(tx, m, Notification{
		Title: "Prove this address", Message: codeMessage, Urgency: string(incident.UrgencyLow), Action: ActionVerify, PageKey: m.codeKey(),
	})
	return m, err
}

// codeMessage is what stands before the code.
const codeMessage = "Enter this code in Tocsin within an hour to be reached here:"

func tooManyCodes(wait time.Duration) error {
	minutes := (wait + time.Minute - 1) / time.Minute
	refusal := fault.New(fault.RateLimited, "too_many_codes", "Enough codes have been sent. Ask for another one in %d min.", minutes)
	refusal.RetryAfter = wait.Truncate(time.Second) + time.Second
	return refusal
}

// Verify proves a contact method by the code that was sent to it. One that is verified already stays so. Faults: NotFound, also
// for one that is not the actor's; Invalid for a wrong code; Conflict (no_code, code_expired, too_many_tries).
func (s *Service) Verify(ctx context.Context, actor account.Actor, id int64, typed string) (m ContactMethod, err error) {
	var refusal error
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if m, err = s.holdMethod(tx, actor, id); err != nil || m.Verified {
			return err
		}
		// A wrong code is counted, which has to be committed, so that the refusal is no error of the transaction.
		if refusal = s.judge(&m, typed, tx.Now()); fault.Is(refusal, fault.Conflict) {
			return nil
		}
		m.UpdatedAt = tx.Now()
		return saveMethod(tx, m)
	})
	if err = cmp.Or(err, refusal); err != nil {
		return ContactMethod{}, err
	}
	return m.shown(s.Channels, actor), nil
}

// judge takes the code for right, or notes one more wrong one and says what is wrong.
func (s *Service) judge(m *ContactMethod, typed string, now time.Time) error {
	switch {
	case m.code.serial == 0:
		return fault.New(fault.Conflict, "no_code", "No code has been sent to this address yet: ask for one.")
	case !now.Before(m.code.sentAt.Add(codeLife)):
		return fault.New(fault.Conflict, "code_expired", "The code is too old: ask for a new one.")
	case m.code.tries >= codeTries:
		return fault.New(fault.Conflict, "too_many_tries", "Too many wrong codes were entered: ask for a new one.")
	}
	typed = strings.Join(strings.Fields(typed), "")
	if subtle.ConstantTimeCompare([]byte(typed), []byte(s.codeOf(m.OrgID, m.codeKey()))) == 1 {
		m.Verified = true
		return nil
	}
	m.code.tries++
	var c fault.Checks
	c.Add("body.code", "is not the code that was sent last")
	return c.Err()
}
