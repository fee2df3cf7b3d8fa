package portal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"portico/store"
)

func TestPublicAddresses(t *testing.T) {
	for address, want := range map[string]bool{
		"1.1.1.1": true, "2606:4700:4700::1111": true, "2001:4860:4860::8888": true,
		"127.0.0.1": false, "::1": false, "0.0.0.0": false, "0.1.2.3": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false,
		"169.254.169.254": false, "fe80::1": false, "fd00::1": false, "100.64.0.1": false, "198.18.0.1": false, "240.0.0.1": false,
		"255.255.255.255": false, "224.0.0.1": false, "ff02::1": false, "64:ff9b::a9fe:a9fe": false, "2002:7f00:1::1": false,
		"::ffff:127.0.0.1": false, "::ffff:1.1.1.1": true, "::127.0.0.1": false, "fec0::1": false,
	} {
		if got := public(netip.MustParseAddr(address).Unmap()); got != want {
			t.Errorf("%s is public: %t, want %t", address, got, want)
		}
	}
}

// picture is a PNG that compresses badly when it is loud.
func picture(t *testing.T, side int, loud bool) []byte {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	p := image.NewNRGBA(image.Rect(0, 0, side, side))
	for i := range p.Pix {
		p.Pix[i] = 200
		if loud {
			p.Pix[i] = uint8(random.UintN(256)) //nolint:gosec // below 256
		}
	}
	p.SetNRGBA(0, 0, color.NRGBA{A: 255})
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bomb is a PNG of a few bytes that says it has as many pixels as one may.
func bomb(t *testing.T) []byte {
	t.Helper()
	b := picture(t, 1, false)
	binary.BigEndian.PutUint32(b[16:], 1<<20)
	binary.BigEndian.PutUint32(b[20:], 1<<20)
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}

func TestIconsAreSmall(t *testing.T) {
	for name, side := range map[string]int{"small": 24, "as shown": iconSide, "large": 500} {
		for _, loud := range []bool{false, true} {
			icon, err := NewIcon(picture(t, side, loud))
			if err != nil {
				t.Errorf("%s, loud %t: %v", name, loud, err)
				continue
			}
			size, kind, err := image.DecodeConfig(bytes.NewReader(icon.Body))
			if err != nil || len(icon.Body) > iconBytes || size.Width != min(side, iconSide) || "image/"+kind != icon.Type {
				t.Errorf("%s, loud %t: %d bytes of %s, %d pixels wide, %v", name, loud, len(icon.Body), icon.Type, size.Width, err)
			}
		}
	}
	for name, b := range map[string][]byte{"nothing": nil, "no picture": []byte("<svg/>"), "cut off": picture(t, 90, true)[:200], "a bomb": bomb(t)} {
		if _, err := NewIcon(b); !errors.Is(err, errIcon) {
			t.Errorf("%s: got %v, want no icon", name, err)
		}
	}
}

func TestIconsOfTheWorld(t *testing.T) {
	w := newWorld(t, nil)
	mux := http.NewServeMux()
	serve := func(path, kind string, body []byte) {
		mux.HandleFunc(path, func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", kind)
			_, _ = rw.Write(body)
		})
	}
	serve("/good", "image/png", picture(t, 90, false))
	serve("/huge", "image/png", append(picture(t, 90, false), make([]byte, iconFetch)...))
	mux.HandleFunc("/away", func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, "/good", http.StatusFound) })
	mux.HandleFunc("/round", func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, "/round", http.StatusFound) })
	mux.HandleFunc("/out", func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, "file:///etc/passwd", http.StatusFound)
	})
	mux.HandleFunc("/busy", func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusServiceUnavailable) })
	there := httptest.NewServer(mux)
	t.Cleanup(there.Close)

	for path, want := range map[string]string{
		"/good": "", "/away": "", "/huge": "no icon", "/round": "no icon", "/none": "no icon", "/busy": "later", "/out": "later",
	} {
		_, err := w.portal.makeIcon(w.ctx, there.URL+path)
		got := ""
		if err != nil {
			got = "later"
		}
		if errors.Is(err, errIcon) {
			got = "no icon"
		}
		if got != want {
			t.Errorf("%s: got %q (%v), want %q", path, got, err, want)
		}
	}
	for _, address := range []string{"file:///etc/passwd", "//host/x", "x", "data:image/png;base64,AA=="} {
		if _, err := w.portal.makeIcon(w.ctx, address); !errors.Is(err, errIcon) {
			t.Errorf("%s: got %v, want no icon", address, err)
		}
	}
	w.portal.icons = iconClient(false)
	for _, host := range []string{there.URL, strings.Replace(there.URL, "127.0.0.1", "localhost", 1)} {
		if _, err := w.portal.makeIcon(w.ctx, host+"/good"); !errors.Is(err, errIcon) {
			t.Errorf("%s of this machine: got %v, want no icon", host, err)
		}
	}
}

// An integration keeps its letters when its picture is none, and is not asked for again.
func TestIconOfAnIntegration(t *testing.T) {
	w := newWorld(t, nil)
	g := w.integration(func(g store.Integration, _ []store.IntegrationSlot) bool { return g.ImageURL != "" })
	w.ok(w.portal.fetchIcon(w.ctx, g.ID))
	g, err := w.store.Integration(w.ctx, g.ID)
	w.ok(err)
	if g.Icon == "" || g.ImageFetched != g.ImageURL {
		t.Errorf("got the icon %q of %q", g.Icon, g.ImageFetched)
	}
	w.portal.icons = iconClient(false) // the demo's pictures are on this machine
	w.ok(w.store.Update(w.ctx, func(tx *store.Tx) error {
		g.CustomFields["image"] = w.sim.URL + "/another.png"
		_, err := tx.PutIntegration(w.ctx, g)
		return err
	}))
	w.ok(w.portal.fetchIcon(w.ctx, g.ID))
	g, err = w.store.Integration(w.ctx, g.ID)
	w.ok(err)
	if g.Icon != "" || g.ImageFetched != g.ImageURL {
		t.Errorf("got the icon %q of %q, want none of what may not be fetched", g.Icon, g.ImageFetched)
	}
}
