// Package tile draws the pictures of simulated platforms: two letters of a name on a colour of its own.
package tile

import (
	"bytes"
	"hash/fnv"
	"image"
	"image/color"
	"image/png"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// Size is the width and height of pictures in pixels.
const Size = 72

// colours are dark enough for white letters.
var colours = []color.RGBA{
	{0x1d, 0x4e, 0xd8, 0xff}, {0x0f, 0x76, 0x6e, 0xff}, {0xb4, 0x53, 0x09, 0xff}, {0x9d, 0x17, 0x4d, 0xff},
	{0x15, 0x80, 0x3d, 0xff}, {0x6d, 0x28, 0xd9, 0xff}, {0xb9, 0x1c, 0x1c, 0xff}, {0x33, 0x41, 0x55, 0xff},
}

// shades are the steps from a tile's colour to white: enough for smooth letters, few enough for 400 bytes.
const shades = 4

// typeface is the typeface of the letters, parsed once.
var typeface = sync.OnceValues(func() (font.Face, error) {
	f, err := opentype.Parse(gobold.TTF)
	if err != nil {
		return nil, err
	}
	return opentype.NewFace(f, &opentype.FaceOptions{Size: 34, DPI: Size, Hinting: font.HintingFull})
})

// drawing keeps the face, which is not safe for concurrent use, to one tile at a time.
var drawing sync.Mutex

// Draw is a PNG with two letters of a name, white on a colour of its own. The same name always looks the same.
func Draw(name string) ([]byte, error) {
	face, err := typeface()
	if err != nil {
		return nil, err
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	img := image.NewPaletted(image.Rect(0, 0, Size, Size), toWhite(colours[h.Sum32()%uint32(len(colours))]))
	text := letters(name)

	drawing.Lock()
	defer drawing.Unlock()
	d := font.Drawer{Dst: img, Src: image.White, Face: face}
	ink, _ := d.BoundString(text)
	middle := fixed.I(Size / 2)
	d.Dot = fixed.Point26_6{X: middle - (ink.Min.X+ink.Max.X)/2, Y: middle - (ink.Min.Y+ink.Max.Y)/2}
	d.DrawString(text)
	var out bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestCompression}
	err = enc.Encode(&out, img)
	return out.Bytes(), err
}

// toWhite is the palette of a tile: its colour, white, and steps between.
func toWhite(c color.RGBA) color.Palette {
	var p color.Palette
	for n := range shades {
		mix := func(v uint8) uint8 { return uint8((int(v)*(shades-1-n) + 255*n) / (shades - 1)) }
		p = append(p, color.RGBA{mix(c.R), mix(c.G), mix(c.B), 0xff})
	}
	return p
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
