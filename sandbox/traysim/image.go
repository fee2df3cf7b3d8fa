package traysim

import (
	"bytes"
	"hash/fnv"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"strings"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// tileSize is the width and height of pictures in pixels.
const tileSize = 72

// tileColours are dark enough for white letters.
var tileColours = []color.RGBA{
	{0x1d, 0x4e, 0xd8, 0xff}, {0x0f, 0x76, 0x6e, 0xff}, {0xb4, 0x53, 0x09, 0xff}, {0x9d, 0x17, 0x4d, 0xff},
	{0x15, 0x80, 0x3d, 0xff}, {0x6d, 0x28, 0xd9, 0xff}, {0xb9, 0x1c, 0x1c, 0xff}, {0x33, 0x41, 0x55, 0xff},
}

// icon answers GET /icons/{service}.png.
func (s *Server) icon(w http.ResponseWriter, r *http.Request) { s.picture(w, r) }

// image answers GET /images/{name}.png.
func (s *Server) image(w http.ResponseWriter, r *http.Request) { s.picture(w, r) }

func (s *Server) picture(w http.ResponseWriter, r *http.Request) {
	entry := s.requests.open("image", s.clock.Now())
	defer s.requests.close(entry)
	name, ok := strings.CutSuffix(r.PathValue("name"), ".png")
	s.withFaults(watch(w, entry), r, entry, []string{"image"}, func(w http.ResponseWriter) {
		if !ok || name == "" {
			http.NotFound(w, r)
			return
		}
		raw, err := tile(name)
		if err != nil {
			logError("drawing a picture", err)
			http.Error(w, "the picture cannot be drawn", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "image/png")
		w.Header().Set("Cache-Control", "public, max-age=3600")
		_, _ = w.Write(raw)
	})
}

// tile draws two letters of a name, white on a colour of its own. Two colours and straight edges keep it to some 200 bytes.
func tile(name string) ([]byte, error) {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	colours := color.Palette{tileColours[h.Sum32()%uint32(len(tileColours))], color.White}
	img := image.NewPaletted(image.Rect(0, 0, tileSize, tileSize), colours)

	const scale = 4
	text := letters(name)
	small := image.NewPaletted(image.Rect(0, 0, 7*len(text), 13), colours)
	d := font.Drawer{Dst: small, Src: image.White, Face: basicfont.Face7x13, Dot: fixed.P(0, 11)}
	d.DrawString(text)
	left, top := (tileSize-small.Rect.Dx()*scale)/2, (tileSize-small.Rect.Dy()*scale)/2
	for y := range small.Rect.Dy() * scale {
		for x := range small.Rect.Dx() * scale {
			img.SetColorIndex(left+x, top+y, small.ColorIndexAt(x/scale, y/scale))
		}
	}
	var out bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestCompression}
	err := enc.Encode(&out, img)
	return out.Bytes(), err
}

// letters are two for a name: the initials of its words, or the first two of one word.
func letters(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) || r > unicode.MaxASCII })
	switch {
	case len(words) == 0:
		return "??"
	case len(words) > 1:
		return strings.ToUpper(words[0][:1] + words[1][:1])
	}
	one := words[0]
	return strings.ToUpper(one[:1]) + strings.ToLower(one[1:min(2, len(one))])
}
