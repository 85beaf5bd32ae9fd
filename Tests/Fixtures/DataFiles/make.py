# SPDX-License-Identifier: Apache-2.0
# Generates the files in this folder with NumPy 2.3 and Pillow 13: python3 make.py
import io, os, struct, zlib
import numpy as np
from numpy.lib import format as npy
from PIL import Image, ImageOps

os.chdir(os.path.dirname(os.path.abspath(__file__)))
rng = np.random.default_rng(7)

# Arrays: the values -3…8 (or 0…11) as 3×4 in every dtype.
signed = np.arange(-3, 9).reshape(3, 4)
for name in "float16 float32 float64 int8 int16 int32 int64".split():
    np.save(f"{name}.npy", signed.astype(name))
for name in "uint8 uint16 uint32 uint64".split():
    np.save(f"{name}.npy", np.arange(12).reshape(3, 4).astype(name))
np.save("bool.npy", signed % 3 == 0)
np.save("big_float32.npy", signed.astype(">f4"))
np.save("big_int16.npy", signed.astype(">i2"))
np.save("fortran.npy", np.asfortranarray(signed.astype("f4")))
np.save("fortran3.npy", np.asfortranarray(np.arange(24).reshape(2, 3, 4).astype(">i2")))
np.save("scalar.npy", np.float64(2.5))
np.save("empty.npy", np.zeros((0, 3), "f4"))
np.save("vector.npy", np.array([1.5, -2], "f2"))
for version in (2, 3):
    with open(f"version{version}.npy", "wb") as f:
        npy.write_array(f, signed.astype("f4"), version=(version, 0))
def raw(header, data=b""):
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data
open("python2.npy", "wb").write(raw(b'{"shape": (2L, 1L), "descr": "<i4", "fortran_order": False}\n', struct.pack("<2i", 7, -7)))
open("loose_bool.npy", "wb").write(raw(b"{'descr': '|b1', 'fortran_order': False, 'shape': (4,), }\n", bytes([0, 1, 2, 255])))
np.save("complex.npy", np.zeros(2, "c8"))
np.save("text.npy", np.array(["cat", "dog"]))
np.save("record.npy", np.zeros(2, [("a", "f4"), ("b", "i4")]))

arrays = dict(x=np.arange(24, dtype="f4").reshape(2, 3, 4), y=np.array([1, 0], "i8"), big=np.arange(6, dtype=">i4"))
np.savez("stored.npz", **arrays)
np.savez_compressed("deflated.npz", **arrays)
np.savez("with_text.npz", x=arrays["x"], names=np.array(["cat", "dog"]))
np.savez_compressed("zeros.npz", z=np.zeros(1 << 20, "u1"))

# Images: NAME.png or .jpg with the expected samples in NAME.<ext>.npy (height, width, channels).
def expect(file, samples):
    samples = np.asarray(samples)
    np.save(file + ".npy", samples.reshape(*samples.shape[:2], -1).astype("u1"))
gray = rng.integers(0, 256, (9, 13), dtype="u1")
rgb = rng.integers(0, 256, (9, 13, 3), dtype="u1")
rgba = rng.integers(0, 256, (9, 13, 4), dtype="u1")
def png(name, image, samples, **options):
    image.save(name, **options)
    expect(name, samples)
png("gray.png", Image.fromarray(gray), gray)
png("rgb.png", Image.fromarray(rgb), rgb)
png("rgba.png", Image.fromarray(rgba), rgba)
png("gray_alpha.png", Image.fromarray(rgba[..., :2].copy(), "LA"), rgba[..., :2])
bits = gray > 127
png("one_bit.png", Image.fromarray(bits), bits * 255)
palette = Image.fromarray(rgb).quantize(16)
png("palette.png", palette, palette.convert("RGB"))
palette.save("palette_alpha.png", transparency=3)
expect("palette_alpha.png", Image.open("palette_alpha.png").convert("RGBA"))

def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
def write_png(name, samples, depth, colour, extra=b"", interlace=0):
    h, w = samples.shape[:2]
    rows = b"".join(b"\0" + r.tobytes() for r in samples)
    open(name, "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, depth, colour, 0, 0, interlace))
                           + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
deep = rng.integers(0, 65536, (5, 6, 3), dtype="u2")
deep[0, 0] = (0x7F7F, 0x8080, 0xFF80)
write_png("deep_rgb.png", deep.astype(">u2"), 16, 2)
expect("deep_rgb.png", Image.open("deep_rgb.png").convert("RGB"))
write_png("deep_gray.png", deep[..., 0].astype(">u2"), 16, 0)
write_png("linear_gamma.png", rgb, 8, 2, chunk(b"gAMA", struct.pack(">I", 100000)))
expect("linear_gamma.png", rgb)
# A file of a few bytes whose header specifies 60,000 × 60,000 pixels.
bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 10000, 10000, 8, 6, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
open("bomb.png", "wb").write(bomb)

smooth = np.stack([*np.meshgrid(np.linspace(0, 255, 40), np.linspace(255, 0, 24)), np.full((24, 40), 90.0)], -1).astype("u1")
for name, options in {"rgb.jpg": dict(quality=90, subsampling=0), "progressive.jpg": dict(quality=80, progressive=True)}.items():
    Image.fromarray(smooth).save(name, **options)
    expect(name, Image.open(name))
Image.fromarray(smooth[..., 0]).save("gray.jpg")
expect("gray.jpg", Image.open("gray.jpg"))
Image.fromarray(smooth).convert("CMYK").save("cmyk.jpg")
expect("cmyk.jpg", Image.open("cmyk.jpg").convert("RGB"))
# The eight orientations of EXIF, as JPEG and PNG, big and little endian; the expected samples are those of exif_transpose.
for tag in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = tag
    exif.endian = "<>"[tag % 2]
    for name in (f"turned_{tag}.jpg", f"turned_{tag}.png"):
        Image.fromarray(smooth[:, :30]).save(name, exif=exif)
        expect(name, ImageOps.exif_transpose(Image.open(name)))

# The results of Pillow for rgb.png.
expect("luma", Image.fromarray(rgb).convert("L"))
for w, h in ((7, 5), (20, 20), (3, 31), (13, 4), (1, 1), (12, 5), (30, 8)):
    expect(f"resized_{w}x{h}", Image.fromarray(rgb).resize((w, h), Image.Resampling.BILINEAR))
