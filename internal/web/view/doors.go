package view

// Door is a page outside the house: sign in, first run, or a single message.
type Door struct {
	Shell
	Heading, Lede string
	Form          Form
	HasForm       bool
	Note          *Note
	Hint          string // a command to copy, "" for none
	Forgot        string // where a forgotten password is told, "" for not offered
	Back          string
	RequestID     string
}
