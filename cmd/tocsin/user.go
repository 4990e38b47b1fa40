package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/tocsinhq/tocsin/internal/app"
	"github.com/tocsinhq/tocsin/internal/fault"
)

type userCommand struct {
	Create userCreate `cmd:"" help:"Make a person; the server may run or not."`
}

type userCreate struct {
	Email         string `required:"" help:"E-mail address to sign in with."`
	Role          string `default:"user" help:"user, oncall_engineer, team_lead, manager, vp, cto or admin."`
	Name          string `help:"Full name."`
	Superuser     bool   `help:"Give every permission."`
	Team          string `help:"Home team, by name."`
	PasswordStdin bool   `name:"password-stdin" required:"" help:"Read the password from standard input: one line."`
}

// Run makes the person directly in the database.
func (u *userCreate) Run(ctx context.Context, cfg app.Config, term terminal) error {
	if err := checked(cfg); err != nil {
		return err
	}
	password, err := readLine(term.in)
	if err != nil {
		return err
	}
	user, err := app.CreateUser(ctx, cfg, host(cfg, term), app.NewPerson{
		Email: u.Email, Password: password, FullName: u.Name, Role: u.Role, Team: u.Team, Superuser: u.Superuser,
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(term.out, "created %s with id %d and role %s\n", user.Email, user.ID, user.Role)
	return err
}

// maxLine bounds what is read as a password.
const maxLine = 4096

func readLine(in io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(in, maxLine)).ReadString('\n')
	if err != nil && line == "" {
		return "", fault.New(fault.Invalid, "no_password", "No password on standard input")
	}
	return strings.TrimRight(line, "\r\n"), nil
}
