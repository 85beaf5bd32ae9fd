// SPDX-License-Identifier: Apache-2.0
// States and their allocator, whose limit is enforced only while Lua itself runs.
#include <stdio.h>
#include <stdlib.h>

#include "host.h"

// If an allocation fails, Lua raises an error, which must not happen while Swift frames are above
// the pcall: while `relaxed`, the limit may be exceeded, and the next allocation by Lua itself
// raises the error.
static void *allocate(void *context, void *block, size_t old_size, size_t new_size) {
  shim_host *h = context;
  if (block == NULL) old_size = 0;  // old_size is a type tag
  if (new_size == 0) {
    h->used -= old_size;
    free(block);
    return NULL;
  }
  if (new_size > old_size && h->limit && !h->relaxed && h->used + (new_size - old_size) > h->limit)
    return NULL;
  void *moved = realloc(block, new_size);
  if (moved == NULL) {
    if (h->relaxed) {
      fputs("out of memory\n", stderr);
      abort();  // Swift could not continue either
    }
    return NULL;
  }
  h->used += new_size - old_size;
  if (h->used > h->peak) h->peak = h->used;
  return moved;
}

shim_host *host_of(lua_State *L) {
  void *h;
  lua_getallocf(L, &h);
  return h;
}

// Only reached because of a bug in the shim, since every raise runs under a lua_pcall.
static int panic(lua_State *L) {
  const char *message = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "error object";
  fprintf(stderr, "Lua panic: %s\n", message);
  return 0;  // Lua aborts
}

lua_State *shim_open(size_t limit) {
  shim_host *h = calloc(1, sizeof *h);
  if (h == NULL) return NULL;
  h->limit = limit;
  h->relaxed = 1;
  h->external_floor = (size_t)256 << 20;
  lua_State *L = lua_newstate(allocate, h);
  if (L == NULL) {
    free(h);
    return NULL;
  }
  h->main = h->running = L;
  lua_atpanic(L, panic);
  host_open_stop(L);
  host_open_functions(L);
  host_open_boxes(L);
  return L;
}

size_t shim_close(lua_State *L) {
  shim_host *h = host_of(L);
  shim_remove_signals(h->main);
  h->relaxed = 1;
  h->closing = 1;  // finalizers written in Lua can no longer enter Swift
  lua_close(h->main);
  size_t left = h->used;
  free(h);
  return left;
}

static int open_libraries(lua_State *L) {
  luaL_openlibs(L);
  return host_replace_libraries(L, lua_toboolean(L, 1));
}

int shim_open_libraries(lua_State *L, bool c_modules) {
  lua_pushcfunction(L, open_libraries);
  lua_pushboolean(L, c_modules);
  return shim_call(L, 1, 0);
}

size_t shim_memory_peak(lua_State *L) { return host_of(L)->peak; }
size_t shim_external_bytes(lua_State *L) { return host_of(L)->external; }
size_t shim_live_boxes(lua_State *L) { return host_of(L)->boxes; }
void shim_set_external_floor(lua_State *L, size_t bytes) { host_of(L)->external_floor = bytes; }

void shim_collect(lua_State *L) {
  shim_host *h = host_of(L);
  lua_gc(L, LUA_GCCOLLECT);
  h->external_collected = h->external;
}
