# SPDX-License-Identifier: Apache-2.0
# Generates the files in this folder with NumPy 2.3, Pillow 13, SciPy 1.17, torchvision's arithmetic and libsndfile: python3 make.py
import ctypes, io, os, struct
import numpy as np
from PIL import Image, ImageOps
from scipy import signal
from scipy.io import wavfile

os.chdir(os.path.dirname(os.path.abspath(__file__)))
rng = np.random.default_rng(11)

# Pictures in class folders, of several sizes, formats and orientations.
def smooth(w, h, channels):
    y, x = np.mgrid[0:h, 0:w]
    planes = [127 + 100 * np.sin((x * (1 + c) + y * (2 - c / 2)) / 9 + c) for c in range(channels)]
    return np.clip(np.stack(planes, -1), 0, 255).astype("u1").squeeze()
for folder in ("photos/cat", "photos/dog"):
    os.makedirs(folder, exist_ok=True)
pictures = {
    "cat/a.png": Image.fromarray(smooth(40, 30, 3)),
    "cat/b.png": Image.fromarray(smooth(33, 47, 3)),
    "cat/c.png": Image.fromarray(smooth(36, 28, 1)),
    "dog/d.png": Image.fromarray(smooth(31, 64, 4), "RGBA"),
    "dog/e.png": Image.fromarray(smooth(52, 35, 3)).quantize(64),
}
for name, image in pictures.items():
    image.save("photos/" + name)

def shorter(image, side):
    w, h = image.size
    return image.resize((side, int(side * h / w)) if w <= h else (int(side * w / h), side), Image.Resampling.BILINEAR)
def center(image, w, h):
    left, top = int(round((image.width - w) / 2.0)), int(round((image.height - h) / 2.0))
    return image.crop((left, top, left + w, top + h))
mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
def planes(image):
    a = np.asarray(image)
    return a[None] if a.ndim == 2 else a.transpose(2, 0, 1)
paths = sorted(pictures)
rgb = [Image.open("photos/" + p).convert("RGB") for p in paths]
cropped = np.stack([planes(center(shorter(i, 26), 24, 21)) for i in rgb])
normal = (cropped / 255 - mean[:, None, None]) / std[:, None, None]
gray = np.stack([planes(Image.open("photos/" + p).convert("L").resize((20, 17), Image.Resampling.BILINEAR)) for p in paths])
np.savez_compressed("pictures.npz", cropped=cropped, normal=normal.astype("f4"), gray=gray)

# Sounds: two tones, 8 kHz and 11,025 Hz, in the sample formats of WAV.
os.makedirs("sounds", exist_ok=True)
time = np.arange(900) / 8000
left, right = 0.5 * np.sin(2 * np.pi * 440 * time), 0.25 * np.sin(2 * np.pi * 660 * time + 1)
stereo = np.stack([left, right], -1)
scaled = {"u8": (stereo * 127 + 128).astype("u1"), "s16": (stereo * 32767).astype("i2"), "s32": (stereo * 2147483647).astype("i4"),
          "f32": stereo.astype("f4"), "f64": stereo.astype("f8")}
for name, samples in scaled.items():
    wavfile.write(f"sounds/{name}.wav", 8000, samples)
def write_wav(path, rate, channels, bits, data, extensible=False, code=1, size=None):
    block = channels * bits // 8
    form = struct.pack("<HHIIHH", 0xFFFE if extensible else code, channels, rate, rate * block, block, bits)
    if extensible:
        form += struct.pack("<HHIH14s", 22, bits, 3, code, b"\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71")
    # A chunk of odd length comes before the samples.
    extra = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + extra + b"data" + struct.pack("<I", len(data) if size is None else size) + data
    open(path, "wb").write(b"RIFF" + struct.pack("<I", len(body)) + body)
s24 = (stereo * 8388607).astype("i4")
bytes24 = np.stack([s24 & 255, s24 >> 8 & 255, s24 >> 16 & 255], -1).astype("u1").tobytes()
write_wav("sounds/s24.wav", 8000, 2, 24, bytes24, extensible=True)
write_wav("sounds/piped.wav", 8000, 2, 16, scaled["s16"].tobytes(), size=0xFFFFFFFF)
expected = {"u8": (scaled["u8"].astype("f4") - 128) / 128, "s16": scaled["s16"] / 32768.0, "s24": s24 / 8388608.0,
            "s32": scaled["s32"] / 2147483648.0, "f32": scaled["f32"], "f64": scaled["f64"], "piped": scaled["s16"] / 32768.0}
arrays = {name: value.T.astype("f4") for name, value in expected.items()}
# Rates, by resample_poly with its usual filter.
from math import gcd
source = scaled["f64"]
for rate in (4000, 16000, 11025, 44100):
    g = gcd(rate, 8000)
    arrays[f"at_{rate}"] = signal.resample_poly(source, rate // g, 8000 // g, axis=0).T.astype("f4")
arrays["mono_16000"] = signal.resample_poly(source.mean(1), 2, 1).astype("f4")

# FLAC and Ogg by libsndfile; the samples of Ogg are what it decodes.
library = ctypes.CDLL("libsndfile.so.1")
class Info(ctypes.Structure):
    _fields_ = [("frames", ctypes.c_int64), ("rate", ctypes.c_int), ("channels", ctypes.c_int), ("format", ctypes.c_int),
                ("sections", ctypes.c_int), ("seekable", ctypes.c_int)]
library.sf_open.restype = ctypes.c_void_p
for call in (library.sf_writef_float, library.sf_readf_float):
    call.argtypes, call.restype = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64], ctypes.c_int64
library.sf_close.argtypes = [ctypes.c_void_p]
for name, code in (("tone.flac", 0x170002), ("tone.ogg", 0x200060)):
    info = Info(0, 8000, 2, code, 0, 0)
    f = library.sf_open(name.encode(), 0x20, ctypes.byref(info))
    samples = np.ascontiguousarray(stereo.astype("f4"))
    library.sf_writef_float(f, samples.ctypes.data, len(samples))
    library.sf_close(f)
    info = Info()
    f = library.sf_open(name.encode(), 0x10, ctypes.byref(info))
    back = np.zeros((info.frames, 2), "f4")
    library.sf_readf_float(f, back.ctypes.data, info.frames)
    library.sf_close(f)
    arrays[name.split(".")[1]] = back.T
np.savez_compressed("sounds.npz", **{k: np.ascontiguousarray(v) for k, v in arrays.items()})

open("iris.csv", "w").write("\n".join(["sepal,petal,species", "5.1,1.4,setosa", "7.0,4.7,versicolor", "6.3,6.0,virginica", "4.9,1.5,setosa"]) + "\n")
