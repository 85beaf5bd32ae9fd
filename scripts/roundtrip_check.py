#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks with coremltools that a copy of an .mlpackage is equivalent to the original.

  roundtrip_check.py ORIGINAL COPY [ORIGINAL COPY ...]   compare pairs
  roundtrip_check.py --folder ZOO COPIES                 ZOO/a/b.mlpackage with COPIES/a__b.mlpackage
  roundtrip_check.py --wane BINARY PACKAGE ...           let the binary load and save each package, then compare

Two packages agree when their specifications are equal but for the offsets of blobs, and every blob that the
program refers to has the same header and the same bytes.
"""
import glob
import json
import os
import struct
import subprocess
import sys
import tempfile

from coremltools.libmodelpackage import ModelPackage
from coremltools.proto import Model_pb2

RECORD = struct.Struct("<IIQQQ")


def load(package, strict=False):
    if strict:
        model_file = ModelPackage(package).getRootModel().path()
    else:  # an original may have lost its empty weights folder on its way here, which ModelPackage refuses
        with open(os.path.join(package, "Manifest.json")) as f:
            manifest = json.load(f)
        model_file = os.path.join(package, "Data", manifest["itemInfoEntries"][manifest["rootModelIdentifier"]]["path"])
    model = Model_pb2.Model()
    with open(model_file, "rb") as f:
        model.ParseFromString(f.read())
    return model, os.path.dirname(model_file)


def blobs(message, found):
    """All BlobFileValue messages below `message`, in a fixed order."""
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.message_type.full_name.endswith("Value.BlobFileValue"):
            found.append(value)
        elif field.message_type.GetOptions().map_entry:
            if field.message_type.fields_by_name["value"].message_type is not None:
                for key in sorted(value):
                    blobs(value[key], found)
        elif field.is_repeated:
            for item in value:
                blobs(item, found)
        else:
            blobs(value, found)
    return found


def blob(folder, value, files):
    path = os.path.join(folder, value.fileName.replace("@model_path/", ""))
    if path not in files:
        with open(path, "rb") as f:
            files[path] = f.read()
    data = files[path]
    sentinel, dtype, size, offset, padding = RECORD.unpack_from(data, value.offset)
    assert sentinel == 0xDEADBEEF, f"{path}: no blob at {value.offset}"
    assert value.offset % 64 == 0 and offset % 64 == 0, f"{path}: blob at {value.offset} is not aligned"
    assert offset + size <= len(data), f"{path}: blob at {value.offset} is cut off"
    sub_byte = dtype in (8, 9, 10, 11, 12, 13)
    return dtype, padding if sub_byte else 0, data[offset:offset + size]


def compare(original, copy):
    """The first difference of `copy`, or None."""
    a, a_folder = load(original)
    b, b_folder = load(copy, strict=True)
    a_blobs, b_blobs = blobs(a, []), blobs(b, [])
    if len(a_blobs) != len(b_blobs):
        return f"{len(a_blobs)} blobs became {len(b_blobs)}"
    a_files, b_files = {}, {}
    for i, (x, y) in enumerate(zip(a_blobs, b_blobs)):
        if blob(a_folder, x, a_files) != blob(b_folder, y, b_files):
            return f"blob {i} ({x.fileName} at {x.offset}) differs"
    for path, data in b_files.items():
        used = {y.offset for y in b_blobs if path.endswith(y.fileName.replace("@model_path/", ""))}
        count, version = struct.unpack_from("<II", data)
        if (count, version) != (len(used), 2):
            return f"{path}: header says {count} blobs of version {version}; {len(used)} are used"
    # Blobs may be in a different order, and all except the last are padded to 64 bytes.
    sizes = {os.path.basename(p): (len(d) + 63) // 64 * 64 for p, d in a_files.items()}
    grown = {os.path.basename(p): len(d) for p, d in b_files.items() if len(d) > sizes.get(os.path.basename(p), 0)}
    if grown:
        return f"weight files have grown: {sizes} became {grown}"
    for value in a_blobs + b_blobs:
        value.offset = 0
    if a != b:
        return "the specifications differ"
    return None


def pairs(arguments):
    if arguments[:1] == ["--folder"]:
        zoo, copies = arguments[1:]
        for path in sorted(glob.glob(f"{zoo}/**/*.mlpackage", recursive=True)):
            yield path, os.path.join(copies, os.path.relpath(path, zoo).replace("/", "__"))
    elif arguments[:1] == ["--wane"]:
        with tempfile.TemporaryDirectory() as folder:
            for i, path in enumerate(arguments[2:]):
                copy = f"{folder}/{i}.mlpackage"
                script = f"wane.load({lua(path)}):save({lua(copy)})"
                subprocess.run([arguments[1], "-e", script], check=True)
                yield path, copy
    else:
        yield from zip(arguments[::2], arguments[1::2])


def lua(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    failed = total = 0
    for original, copy in pairs(sys.argv[1:]):
        total += 1
        problem = compare(original, copy)
        if problem:
            failed += 1
            print(f"{original}: {problem}")
    print(f"{total - failed} of {total} packages are the same after a round trip")
    sys.exit(1 if failed or not total else 0)


if __name__ == "__main__":
    main()
