// SPDX-License-Identifier: Apache-2.0
// Calls libsndfile through dlopen, so that a program that reads no sound starts without it.
#include "CAudio.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

// The library's SF_INFO, which has not changed since version 1.0.
typedef struct {
  int64_t frames;
  int samplerate, channels, format, sections, seekable;
} info;

enum { read_mode = 0x10 };

static struct {
  void *(*open)(const char *, int, info *);
  int (*close)(void *);
  int64_t (*seek)(void *, int64_t, int);
  int64_t (*read)(void *, float *, int64_t);
  const char *(*message)(void *);
} functions;

static bool usable = false;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static const char *const names[] = {
    "libsndfile.so.1",
    "libsndfile.so",
    "/opt/homebrew/lib/libsndfile.dylib",
    "/usr/local/lib/libsndfile.dylib",
};

static void load(void) {
  void *library = NULL;
  for (size_t i = 0; !library && i < sizeof names / sizeof *names; i++)
    library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
  if (!library) return;
#define CA_FIND(member, name) \
  functions.member = (__typeof__(functions.member))dlsym(library, "sf_" name)
  CA_FIND(open, "open");
  CA_FIND(close, "close");
  CA_FIND(seek, "seek");
  CA_FIND(read, "readf_float");
  CA_FIND(message, "strerror");
#undef CA_FIND
  usable =
      functions.open && functions.close && functions.seek && functions.read && functions.message;
}

bool ca_available(void) {
  pthread_once(&once, load);
  return usable;
}

ca_file *ca_open(const char *path, int64_t *frames, int *rate, int *channels, char *message,
                 size_t capacity) {
  if (!ca_available()) {
    snprintf(message, capacity, "libsndfile was not found");
    return NULL;
  }
  info found;
  memset(&found, 0, sizeof found);
  void *file = functions.open(path, read_mode, &found);
  if (!file) {
    snprintf(message, capacity, "%s", functions.message(NULL));
    return NULL;
  }
  *frames = found.frames;
  *rate = found.samplerate;
  *channels = found.channels;
  return file;
}

int64_t ca_read(ca_file *file, int64_t first, int64_t count, float *samples) {
  if (functions.seek(file, first, SEEK_SET) != first) return 0;
  return functions.read(file, samples, count);
}

void ca_close(ca_file *file) { functions.close(file); }
