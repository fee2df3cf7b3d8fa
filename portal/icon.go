package portal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/gif" // formats that icons come in
	"image/jpeg"
	"image/png"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp"

	"portico/store"
)

// Limits of icons: what is fetched, how large it may decode to, and what the portal serves.
const (
	iconFetch  = 1 << 20 // bytes
	iconPixels = 4 << 20
	iconSide   = 72 // pixels, twice what is shown
	iconBytes  = 2 << 10
)

// errIcon says that what an address holds makes no icon; asking again would not help.
var errIcon = errors.New("no icon")

// iconClient fetches from public addresses alone: the address comes from a platform, and must not reach what only
// this machine can see.
func iconClient(local bool) *http.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		if !public(to.Addr().Unmap()) && !(local && to.Addr().IsLoopback()) {
			return fmt.Errorf("%w: %s is not a public address", errIcon, to.Addr())
		}
		return nil
	}}
	return &http.Client{
		Timeout: 10 * time.Second, Transport: &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 2, IdleConnTimeout: 30 * time.Second},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > 3 || (r.URL.Scheme != "https" && !local) {
				return http.ErrUseLastResponse
			}
			return nil
		},
	}
}

// special is what netip counts as public and is not (RFC 6890 and the registries that follow it): networks of carriers and
// of tests, those to come, and IPv6 addresses that lead to an IPv4 one of any kind.
var special = prefixes("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
	"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/23", "2001:db8::/32", "2002::/16", "fec0::/10")

func prefixes(all ...string) (parsed []netip.Prefix) {
	for _, one := range all {
		parsed = append(parsed, netip.MustParsePrefix(one))
	}
	return parsed
}

func public(a netip.Addr) bool {
	return a.IsGlobalUnicast() && !a.IsPrivate() && !slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(a) })
}

// fetchIcon makes an integration's icon from the address that its platform gives.
func (p *Portal) fetchIcon(ctx context.Context, integrationID string) error {
	g, err := p.store.Integration(ctx, integrationID)
	if err != nil || g.ImageURL == g.ImageFetched {
		return err
	}
	icon, err := p.makeIcon(ctx, g.ImageURL)
	if err != nil && !errors.Is(err, errIcon) {
		return err
	}
	if err != nil {
		p.Log.InfoContext(ctx, "an integration keeps its two letters", "integration", g.ID, "err", err)
	}
	return p.store.Update(ctx, func(tx *store.Tx) error { return tx.SetIcon(ctx, g.ID, g.ImageURL, icon) })
}

func (p *Portal) makeIcon(ctx context.Context, address string) (*store.Icon, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil || (r.URL.Scheme != "https" && r.URL.Scheme != "http") {
		return nil, fmt.Errorf("%w: the address cannot be used", errIcon)
	}
	response, err := p.icons.Do(r)
	if err != nil {
		return nil, fmt.Errorf("fetching an icon: %w", err)
	}
	defer response.Body.Close() //nolint:errcheck // only read
	if response.StatusCode != http.StatusOK {
		if response.StatusCode >= 500 || response.StatusCode == http.StatusTooManyRequests {
			return nil, fmt.Errorf("fetching an icon: HTTP %d", response.StatusCode)
		}
		return nil, fmt.Errorf("%w: HTTP %d", errIcon, response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, iconFetch+1))
	if err != nil {
		return nil, fmt.Errorf("fetching an icon: %w", err)
	}
	if len(body) > iconFetch {
		return nil, fmt.Errorf("%w: larger than %d bytes", errIcon, iconFetch)
	}
	return NewIcon(body)
}

// NewIcon makes an icon of a PNG, JPEG, GIF or WebP picture: 72 pixels at the most, 2 kB at the most.
func NewIcon(picture []byte) (*store.Icon, error) {
	size, _, err := image.DecodeConfig(bytes.NewReader(picture))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errIcon, err)
	}
	if size.Width < 1 || size.Height < 1 || size.Width*size.Height > iconPixels {
		return nil, fmt.Errorf("%w: %d by %d pixels", errIcon, size.Width, size.Height)
	}
	full, _, err := image.Decode(bytes.NewReader(picture))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errIcon, err)
	}
	body, kind, err := encodeIcon(scaled(full))
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	return &store.Icon{ID: hex.EncodeToString(sum[:12]), Body: body, Type: kind}, nil
}

// scaled fits a picture into the icon's square; a small one stays as it is.
func scaled(full image.Image) *image.NRGBA {
	b := full.Bounds()
	w, h := b.Dx(), b.Dy()
	if most := max(w, h); most > iconSide {
		w, h = max(1, w*iconSide/most), max(1, h*iconSide/most)
	}
	small := image.NewNRGBA(image.Rect(0, 0, w, h))
	draw.CatmullRom.Scale(small, small.Bounds(), full, b, draw.Src, nil)
	return small
}

// encodeIcon finds the best that fits: every colour, fewer colours, then JPEG on white.
func encodeIcon(picture *image.NRGBA) ([]byte, string, error) {
	tries := []func(io.Writer) error{func(w io.Writer) error { return bestPNG(w, picture) }}
	for _, bits := range []uint{5, 4, 3, 2} {
		tries = append(tries, func(w io.Writer) error { return bestPNG(w, posterized(picture, bits)) })
	}
	for _, try := range tries {
		var b bytes.Buffer
		if err := try(&b); err != nil {
			return nil, "", fmt.Errorf("encoding an icon: %w", err)
		}
		if b.Len() <= iconBytes {
			return b.Bytes(), "image/png", nil
		}
	}
	return encodeJPEG(picture)
}

func encodeJPEG(picture *image.NRGBA) ([]byte, string, error) {
	flat := image.NewRGBA(picture.Bounds())
	draw.Draw(flat, flat.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(flat, flat.Bounds(), picture, image.Point{}, draw.Over)
	for quality := 70; quality > 0; quality -= 10 {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, flat, &jpeg.Options{Quality: quality}); err != nil {
			return nil, "", fmt.Errorf("encoding an icon: %w", err)
		}
		if b.Len() <= iconBytes {
			return b.Bytes(), "image/jpeg", nil
		}
	}
	return nil, "", fmt.Errorf("%w: it does not fit %d bytes", errIcon, iconBytes)
}

// bestPNG writes a PNG, with a palette where the picture has few colours.
func bestPNG(w io.Writer, picture *image.NRGBA) error {
	e := png.Encoder{CompressionLevel: png.BestCompression}
	if few := paletted(picture); few != nil {
		return e.Encode(w, few)
	}
	return e.Encode(w, picture)
}

// paletted is the picture with a palette of its own colours; nil when it has more than 256.
func paletted(picture *image.NRGBA) image.Image {
	index := map[color.NRGBA]uint8{}
	var palette color.Palette
	b := picture.Bounds()
	few := image.NewPaletted(b, nil)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := picture.NRGBAAt(x, y)
			if c.A == 0 {
				c = color.NRGBA{}
			}
			i, known := index[c]
			if !known {
				if len(palette) == 256 {
					return nil
				}
				i = uint8(len(palette)) //nolint:gosec // below 256, see above
				index[c], palette = i, append(palette, c)
			}
			few.SetColorIndex(x, y, i)
		}
	}
	few.Palette = palette
	return few
}

// posterized keeps only the upper bits of each channel.
func posterized(picture *image.NRGBA, bits uint) *image.NRGBA {
	few := image.NewNRGBA(picture.Bounds())
	top := uint32(1)<<bits - 1
	for i, v := range picture.Pix {
		few.Pix[i] = uint8((uint32(v)*top + 127) / 255 * 255 / top) //nolint:gosec // at most 255
	}
	return few
}
