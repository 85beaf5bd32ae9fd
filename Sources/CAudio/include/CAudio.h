// SPDX-License-Identifier: Apache-2.0
// Sound files by libsndfile (FLAC, Ogg and others), which is loaded on first use.
#ifndef CAUDIO_H
#define CAUDIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ca_file ca_file;

/// Whether libsndfile was found.
bool ca_available(void);

/// Opens a file. Returns NULL after a failure, with a message of at most `capacity` bytes.
ca_file *ca_open(const char *path, int64_t *frames, int *rate, int *channels, char *message,
                 size_t capacity);

/// Reads `count` frames from frame `first` on as floats, channels interleaved. Returns the number
/// of frames that were read.
int64_t ca_read(ca_file *file, int64_t first, int64_t count, float *samples);

void ca_close(ca_file *file);

#endif
