package pgcluster

import (
	"errors"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// findPrograms returns the folder of the newest installed server. Debian keeps its programs off the path.
func findPrograms() (string, error) {
	newest, version := "", -1
	folders, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", err
	}
	for _, folder := range folders {
		number, err := strconv.Atoi(filepath.Base(filepath.Dir(folder)))
		if _, missing := os.Stat(filepath.Join(folder, "postgres")); err == nil && missing == nil && number > version {
			newest, version = folder, number
		}
	}
	if newest != "" {
		return newest, nil
	}
	initdb, err := exec.LookPath("initdb")
	if err != nil {
		return "", errors.New("no PostgreSQL server is installed: run scripts/test-deps postgresql")
	}
	if initdb, err = filepath.EvalSymlinks(initdb); err != nil {
		return "", err
	}
	return filepath.Dir(initdb), nil
}

// servant returns the user the server runs as when we are root, for it refuses to run as root; else nil.
func servant() *syscall.Credential {
	if os.Geteuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.ParseUint(found.Uid, 10, 32)
		gid, errGID := strconv.ParseUint(found.Gid, 10, 32)
		if errUID == nil && errGID == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		}
	}
	return nil
}

// dropPrivileges lets the command run as the servant, apart from our terminal's signals.
func dropPrivileges(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: servant()}
}

// handOver gives the paths to the servant.
func handOver(paths ...string) error {
	to := servant()
	if to == nil {
		return nil
	}
	for _, path := range paths {
		if err := os.Chown(path, int(to.Uid), int(to.Gid)); err != nil {
			return err
		}
	}
	return nil
}
