package traysim

import (
	"bytes"
	"image"
	"image/draw"
	"image/png"
	"net/http"
	"slices"
	"strings"
	"testing"

	"portico/sandbox/tile"
)

func TestDemoSolutions(t *testing.T) {
	demos := DemoSolutions()
	if len(demos) < 15 {
		t.Errorf("%d demo solutions, want 15 or more", len(demos))
	}
	slots := map[int]int{}
	seen := map[string]bool{}
	for _, d := range demos {
		slots[len(d.AuthSlots)]++
		if seen[d.Title] {
			t.Errorf("%q is there twice", d.Title)
		}
		seen[d.Title] = true
		for _, tag := range d.Tags {
			if !slices.Contains(demoTags, tag) {
				t.Errorf("%q has the tag %q", d.Title, tag)
			}
		}
		ids := map[string]bool{}
		for _, a := range d.AuthSlots {
			if _, known := serviceByID(serviceByName(a.Service).id()); !known || ids[a.ExternalID] {
				t.Errorf("%q: slot %q is of an unknown service or there twice", d.Title, a.ExternalID)
			}
			ids[a.ExternalID] = true
		}
	}
	for n := range 4 {
		if slots[n] == 0 {
			t.Errorf("no demo solution with %d auth slots", n)
		}
	}
}

// The portal scales pictures to 72 px and keeps at most 2 kB of each; written out in full colour they stay small.
func TestPicturesAreSmall(t *testing.T) {
	m := start(t, Options{})
	paths := []string{"/images/exchange.png"}
	for _, s := range services {
		paths = append(paths, "/icons/"+s.Name+".png", "/images/"+s.Name+".png")
	}
	for _, path := range paths {
		status, body := m.do("GET", path, "", "")
		img, err := png.Decode(strings.NewReader(body))
		if status != http.StatusOK || err != nil {
			t.Fatalf("GET %s: %d, %v", path, status, err)
		}
		full := image.NewNRGBA(img.Bounds())
		draw.Draw(full, full.Bounds(), img, image.Point{}, draw.Src)
		var out bytes.Buffer
		if err := png.Encode(&out, full); err != nil {
			t.Fatal(err)
		}
		if out.Len() > 900 || len(body) > 400 {
			t.Errorf("%s: %d bytes, %d in full colour", path, len(body), out.Len())
		}
		if img.Bounds().Dx() != tile.Size {
			t.Errorf("%s is %d px wide", path, img.Bounds().Dx())
		}
	}
	if status, _ := m.do("GET", "/icons/slack.txt", "", ""); status != http.StatusNotFound {
		t.Errorf("GET /icons/slack.txt: %d", status)
	}
}
