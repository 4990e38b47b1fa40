package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// line is one kept connection that posts and reads answers with as little work as HTTP allows: the load shares the processor
// with the server, so what it spends is missing in the figure.
type line struct {
	conn net.Conn
	read *bufio.Reader
	buf  []byte
}

const answerBound = 30 * time.Second

func dial(address string) (*line, error) {
	conn, err := net.DialTimeout("tcp", address, answerBound)
	if err != nil {
		return nil, err
	}
	return &line{conn: conn, read: bufio.NewReaderSize(conn, 8<<10)}, nil
}

func (l *line) close() { _ = l.conn.Close() }

// post sends a JSON body and returns the status of the answer.
func (l *line) post(path string, body []byte) (int, error) {
	l.buf = fmt.Appendf(l.buf[:0], "POST %s HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", path, len(body))
	l.buf = append(l.buf, body...)
	return l.exchange()
}

// get asks for a path and returns the status of the answer.
func (l *line) get(path string) (int, error) {
	l.buf = fmt.Appendf(l.buf[:0], "GET %s HTTP/1.1\r\nHost: bench\r\n\r\n", path)
	return l.exchange()
}

func (l *line) exchange() (int, error) {
	if err := l.conn.SetDeadline(time.Now().Add(answerBound)); err != nil {
		return 0, err
	}
	if _, err := l.conn.Write(l.buf); err != nil {
		return 0, err
	}
	first, err := l.read.ReadSlice('\n')
	if err != nil || len(first) < 12 {
		return 0, fmt.Errorf("no answer: %q, %w", first, err)
	}
	status, err := strconv.Atoi(string(first[9:12]))
	if err != nil {
		return 0, err
	}
	length := 0
	for {
		header, err := l.read.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		if len(header) <= 2 {
			break
		}
		if value, found := bytes.CutPrefix(header, []byte("Content-Length: ")); found {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return 0, err
			}
		}
		if bytes.HasPrefix(header, []byte("Transfer-Encoding")) {
			return 0, fmt.Errorf("the answer comes in chunks, which this client does not read")
		}
	}
	_, err = io.CopyN(io.Discard, l.read, int64(length))
	return status, err
}
