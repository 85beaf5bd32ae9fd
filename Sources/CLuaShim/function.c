// SPDX-License-Identifier: Apache-2.0
// The trampoline through which Lua calls Swift.
//
// Swift returns a code, and the error is raised here, after all Swift frames have returned.
#include <stdio.h>
#include <string.h>

#include "host.h"

typedef struct {
  shim_callback callback;
  void *context;
  shim_release release;
} function_box;

static const char function_class = 0;

static int collect(lua_State *L) {
  function_box *b = luaL_testudata(L, 1, "bound function") ? lua_touserdata(L, 1) : NULL;
  if (b && b->context) {
    void *context = b->context;
    b->context = NULL;
    b->release(context);
  }
  return 0;
}

void host_open_functions(lua_State *L) {
  luaL_newmetatable(L, "bound function");
  lua_pushcfunction(L, collect);
  shim_raw_set_field(L, -2, "__gc");
  lua_pushboolean(L, 0);
  shim_raw_set_field(L, -2, "__metatable");
  lua_rawsetp(L, LUA_REGISTRYINDEX, &function_class);
}

int host_invoke(lua_State *L, int index) {
  shim_host *h = host_of(L);
  function_box *b = lua_touserdata(L, index);
  int stopping = h->stop;  // this is a __close handler, which may finish
  if (!stopping) host_reraise_stop(L);
  if (b->context == NULL || h->closing) return luaL_error(L, "the interpreter is closing");
  luaL_checkstack(L, LUA_MINSTACK, NULL);  // may raise: no Swift frame yet
  int relaxed = h->relaxed;
  h->relaxed = 1;
  int code = b->callback(L, b->context);  // Swift runs, and has returned
  h->relaxed = relaxed;
  switch (code) {
    case SHIM_EXIT:
      return host_raise_stop(L, STOP_EXIT);
    case SHIM_STOP:
      return host_raise_stop(L, host_signal(h) ? host_signal(h) : STOP_INTERRUPT);
    default:
      if (!stopping) host_reraise_stop(L);  // also if Swift caught it
      if (code >= 0) return code;
      if (code == SHIM_RERAISE)
        host_set_traceback(L);
      else
        host_forget_traceback(L);
      return lua_error(L);
  }
}

static int trampoline(lua_State *L) { return host_invoke(L, lua_upvalueindex(1)); }

void shim_push_function(lua_State *L, shim_callback callback, void *context, shim_release release) {
  function_box *b = lua_newuserdatauv(L, sizeof *b, 0);
  *b = (function_box){callback, NULL, release};
  lua_rawgetp(L, LUA_REGISTRYINDEX, &function_class);
  lua_setmetatable(L, -2);
  b->context = context;  // set last: the collector releases it from now on
  lua_pushcclosure(L, trampoline, 1);
}

void *shim_function_context(lua_State *L, int i) {
  if (lua_tocfunction(L, i) != trampoline || lua_getupvalue(L, i, 1) == NULL) return NULL;
  function_box *b = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return b ? b->context : NULL;
}

void shim_set_exit(lua_State *L, int status) { host_of(L)->exit_status = status; }

bool shim_is_printing(lua_State *L) { return host_of(L)->printing != 0; }

const char *shim_upvalue_name(lua_State *L, int i, int n) {
  const char *name = lua_getupvalue(L, i, n);
  if (name) lua_pop(L, 1);
  return name;
}

bool shim_push_upvalue(lua_State *L, int i, int n) { return lua_getupvalue(L, i, n) != NULL; }
void shim_join_upvalue(lua_State *L, int i, int n, int j, int m) { lua_upvaluejoin(L, i, n, j, m); }

void shim_where(lua_State *L, char *out, size_t capacity) {
  lua_Debug activation;
  out[0] = 0;
  for (int level = 1; level < 32 && lua_getstack(L, level, &activation); level++) {
    lua_getinfo(L, "Sl", &activation);
    if (activation.currentline > 0) {
      snprintf(out, capacity, "%s:%d:", activation.short_src, activation.currentline);
      return;
    }
  }
}

// ---- compiled code ------------------------------------------------------------------------------

typedef struct {
  char *out;
  size_t capacity;
  size_t size;
} code_buffer;

static int write_code(lua_State *L, const void *bytes, size_t count, void *context) {
  (void)L;
  code_buffer *buffer = context;
  if (buffer->size < buffer->capacity) {
    size_t space = buffer->capacity - buffer->size;
    memcpy(buffer->out + buffer->size, bytes, count < space ? count : space);
  }
  buffer->size += count;
  return 0;
}

size_t shim_compiled_code(lua_State *L, int i, char *out, size_t capacity) {
  if (!lua_isfunction(L, i) || lua_iscfunction(L, i)) return 0;
  code_buffer buffer = {out, capacity, 0};
  lua_pushvalue(L, i);
  int failed = lua_dump(L, write_code, &buffer, 1);
  lua_pop(L, 1);
  return failed ? 0 : buffer.size;
}
