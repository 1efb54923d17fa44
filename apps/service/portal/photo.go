package portal

import (
	"bytes"
	"encoding/binary"
)

// withoutPlace returns a photo without what the camera wrote into it, such as
// the place where it was taken, but with which side is up. Files of other kinds stay as they are.
func withoutPlace(ext string, data []byte) []byte {
	switch ext {
	case ".jpg", ".jpeg":
		return cleanJPEG(data)
	case ".png":
		return cleanPNG(data)
	default:
		return data
	}
}

// The markers of JPEG segments that matter here. Source: ITU-T T.81, table B.1; Exif 2.32, 4.5.
const (
	markScan  = 0xda
	markAPP1  = 0xe1 // Exif and XMP
	markAPP13 = 0xed // IPTC
	markFill  = 0xff
)

// cleanJPEG copies the segments before the picture but those that describe where
// it comes from. A file that is not as it should be stays as it is: no browser shows it either.
func cleanJPEG(data []byte) []byte {
	if len(data) < 4 || data[0] != 0xff || data[1] != 0xd8 {
		return data
	}
	var out bytes.Buffer
	out.Write(data[:2])
	side := 1
	kept := []byte{}
	for i := 2; ; {
		if i+4 > len(data) || data[i] != 0xff {
			return data
		}
		mark := data[i+1]
		if mark == markFill {
			i++
			continue
		}
		size := int(binary.BigEndian.Uint16(data[i+2:]))
		if size < 2 || i+2+size > len(data) {
			return data
		}
		if mark == markScan {
			if side > 1 {
				out.Write(exifSide(side))
			}
			out.Write(kept)
			out.Write(data[i:])
			return out.Bytes()
		}
		switch {
		case mark == markAPP1:
			if s := sideOf(data[i+4 : i+2+size]); s > 0 {
				side = s
			}
		case mark == markAPP13:
		default:
			kept = append(kept, data[i:i+2+size]...)
		}
		i += 2 + size
	}
}

// exifHead begins an Exif segment; tagSide is the tag of the orientation. Source: Exif 2.32, 4.6.4.
var exifHead = []byte("Exif\x00\x00")

const tagSide = 0x0112

// sideOf returns the orientation that an Exif segment names, 0 where it names none.
func sideOf(seg []byte) int {
	if !bytes.HasPrefix(seg, exifHead) || len(seg) < 14 {
		return 0
	}
	tiff := seg[6:]
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	at := int(order.Uint32(tiff[4:]))
	if at < 8 || at+2 > len(tiff) {
		return 0
	}
	n := int(order.Uint16(tiff[at:]))
	for i := range n {
		e := at + 2 + 12*i
		if e+12 > len(tiff) {
			return 0
		}
		if order.Uint16(tiff[e:]) == tagSide {
			if s := int(order.Uint16(tiff[e+8:])); s >= 1 && s <= 8 {
				return s
			}
		}
	}
	return 0
}

// exifSide is an Exif segment that says which side is up and nothing else.
func exifSide(side int) []byte {
	b := []byte{0xff, markAPP1, 0, 34}
	b = append(b, exifHead...)
	b = append(b, "MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00"...)
	return append(b, byte(side), 0, 0, 0, 0, 0, 0)
}

// cleanPNG leaves out the chunks with text and Exif. Source: PNG, third edition, 11.3.
func cleanPNG(data []byte) []byte {
	const head = 8
	if len(data) < head {
		return data
	}
	out := append([]byte{}, data[:head]...)
	for i := head; i < len(data); {
		if i+12 > len(data) {
			return data
		}
		size := int(binary.BigEndian.Uint32(data[i:]))
		if size < 0 || size > len(data)-i-12 {
			return data
		}
		switch string(data[i+4 : i+8]) {
		case "eXIf", "tEXt", "iTXt", "zTXt":
		default:
			out = append(out, data[i:i+12+size]...)
		}
		i += 12 + size
	}
	return out
}
