package peer_test

import (
	"net/smtp"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/testkit/peer"
)

const soon = 10 * time.Second

func TestMailKeepsWhatItIsSent(t *testing.T) {
	mail := peer.StartMail(t)
	send(t, mail, "bob@example.org", "Paged", "Open the door")
	got := mail.Wait(t, soon, peer.To("bob@example.org"))
	if got.Subject != "Paged" || !strings.Contains(got.Text, "Open the door") || got.Created.IsZero() {
		t.Errorf("the mail is %+v", got)
	}
	if mark := mail.Headers(t, got.ID).Get("X-Mark"); mark != "7" {
		t.Errorf("its header X-Mark is %q", mark)
	}
	mail.Delete(t)
	if left := mail.Messages(t); len(left) != 0 {
		t.Errorf("after deleting there are %v", left)
	}
}

func TestMailThatIsDownRefusesAndComesBackWithItsMessages(t *testing.T) {
	mail := peer.StartMail(t)
	send(t, mail, "ann@example.org", "Before", "-")
	mail.Stop()
	if err := smtp.SendMail(mail.Addr, nil, "a@example.org", []string{"b@example.org"}, nil); err == nil {
		t.Fatal("a stopped server takes mail")
	}
	mail.Start(t)
	mail.Wait(t, soon, peer.To("ann@example.org"))
}

func TestMailRefusesWithTheGivenCode(t *testing.T) {
	mail := peer.StartMail(t)
	mail.Refuse(t, 452)
	err := smtp.SendMail(mail.Addr, nil, "a@example.org", []string{"b@example.org"}, []byte("Subject: x\r\n\r\n"))
	if answer, ok := err.(*textproto.Error); !ok || answer.Code != 452 { //nolint:errorlint // net/smtp returns it bare
		t.Errorf("the answer is %v", err)
	}
	mail.Accept(t)
	send(t, mail, "b@example.org", "Later", "-")
	mail.Wait(t, soon, peer.To("b@example.org"))
}

func send(t *testing.T, mail *peer.Mail, to, subject, body string) {
	t.Helper()
	text := "From: Tocsin <tocsin@example.org>\r\nTo: " + to + "\r\nSubject: " + subject + "\r\nX-Mark: 7\r\n\r\n" + body + "\r\n"
	if err := smtp.SendMail(mail.Addr, nil, "tocsin@example.org", []string{to}, []byte(text)); err != nil {
		t.Fatal(err)
	}
}
