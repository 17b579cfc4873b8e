// Verifies evidence files with the libraries of the Go checksum database: go run verify.go KEY FOLDER
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type proven struct {
	Entry     json.RawMessage `json:"entry"`
	Inclusion []string        `json:"inclusion"`
}

type evidence struct {
	proven
	Checkpoint string  `json:"checkpoint"`
	Source     *proven `json:"source"`
}

func decode(text string) (hash tlog.Hash, err error) {
	bytes, err := base64.StdEncoding.DecodeString(text)
	copy(hash[:], bytes)
	return hash, err
}

// The entry stands in the file as it was hashed: the file is canonical JSON.
func check(p proven, size int64, root tlog.Hash) error {
	var place struct {
		N int64 `json:"n"`
	}
	if err := json.Unmarshal(p.Entry, &place); err != nil {
		return err
	}
	var proof tlog.RecordProof
	for _, text := range p.Inclusion {
		hash, err := decode(text)
		if err != nil {
			return err
		}
		proof = append(proof, hash)
	}
	return tlog.CheckRecord(proof, size, root, place.N-1, tlog.RecordHash(p.Entry))
}

func verify(file string, key note.Verifier) error {
	bytes, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var e evidence
	if err := json.Unmarshal(bytes, &e); err != nil {
		return err
	}
	opened, err := note.Open([]byte(e.Checkpoint), note.VerifierList(key))
	if err != nil {
		return err
	}
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return err
	}
	root, err := decode(lines[2])
	if err != nil {
		return err
	}
	if err := check(e.proven, size, root); err != nil || e.Source == nil {
		return err
	}
	return check(*e.Source, size, root)
}

func main() {
	key, err := note.NewVerifier(os.Args[1])
	if err != nil {
		panic(err)
	}
	files, _ := filepath.Glob(filepath.Join(os.Args[2], "*.json"))
	refused := 0
	for _, file := range files {
		if err := verify(file, key); err != nil {
			refused++
			fmt.Println(filepath.Base(file), err)
		}
	}
	fmt.Printf("verified %d refused %d\n", len(files)-refused, refused)
}
