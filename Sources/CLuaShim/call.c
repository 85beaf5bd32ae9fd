// SPDX-License-Identifier: Apache-2.0
// Operations that may raise an error, run by lua_pcall and reported as a status.
//
// The traceback of an error is captured once, where the error is first raised, and is kept in the
// registry while the error passes Swift frames. Whoever catches the error discards the traceback.
#include "host.h"

static const char traceback_key = 0;

void host_set_traceback(lua_State *L) { lua_rawsetp(L, LUA_REGISTRYINDEX, &traceback_key); }

void host_forget_traceback(lua_State *L) {
  lua_pushnil(L);
  host_set_traceback(L);
}

int host_has_traceback(lua_State *L) {
  int has = lua_rawgetp(L, LUA_REGISTRYINDEX, &traceback_key) == LUA_TSTRING;
  lua_pop(L, 1);
  return has;
}

static int handle(lua_State *L) {
  if (host_of(L)->stop || host_is_stop(L, 1)) return host_push_stop(L);
  if (!host_has_traceback(L)) {
    luaL_traceback(L, L, NULL, 1);
    host_set_traceback(L);
  }
  lua_settop(L, 1);
  return 1;
}

// Leaves the error value and traceback, or nothing, above `base`, and returns the status.
static int report(lua_State *L, int base, int status, int stop) {
  if (stop != STOP_NONE || status != LUA_OK) host_of(L)->printing = 0;
  if (stop != STOP_NONE) {
    lua_settop(L, base);
    host_forget_traceback(L);
    return stop == STOP_EXIT        ? SHIM_EXITED
           : stop == STOP_TERMINATE ? SHIM_TERMINATED
           : stop == STOP_EXHAUSTED ? SHIM_EXHAUSTED
                                    : SHIM_INTERRUPTED;
  }
  if (status == LUA_OK) return SHIM_OK;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &traceback_key);
  host_forget_traceback(L);
  return status == LUA_ERRMEM ? SHIM_OUT_OF_MEMORY : SHIM_FAILED;
}

int shim_call(lua_State *L, int arguments, int results) {
  shim_host *h = host_of(L);
  int base = lua_gettop(L) - arguments;  // the function's slot
  host_begin(h);
  if (host_signal(h) && h->stop == STOP_NONE) h->stop = host_signal(h);
  int status = LUA_ERRRUN;
  if (h->depth > 1 || h->stop == STOP_NONE) {
    lua_pushcfunction(L, handle);
    lua_insert(L, base);
    int relaxed = h->relaxed;
    h->relaxed = 0;
    status = lua_pcall(L, arguments, results, base);
    h->relaxed = relaxed;
    lua_remove(L, base);
  }
  return report(L, base - 1, status, host_end(h));
}

// ---- operations that may call metamethods -------------------------------------------------------

static int get(lua_State *L) {
  lua_gettable(L, 1);
  return 1;
}

static int tostring(lua_State *L) {
  luaL_tolstring(L, 1, NULL);
  return 1;
}

// Calls f(value at i, the `popped` values on top).
static int operate(lua_State *L, lua_CFunction f, int i, int popped, int results) {
  i = lua_absindex(L, i);
  lua_pushcfunction(L, f);
  lua_pushvalue(L, i);
  lua_rotate(L, -(popped + 2), 2);
  return shim_call(L, popped + 1, results);
}

int shim_get(lua_State *L, int i) { return operate(L, get, i, 1, 1); }
int shim_tostring(lua_State *L, int i) { return operate(L, tostring, i, 0, 1); }

// ---- loading ------------------------------------------------------------------------------------

typedef struct {
  const char *text, *name;
  size_t length;
} chunk;

// The message of a failed load has no traceback, since it contains the line number.
static int loaded(lua_State *L, int status) {
  if (status == LUA_OK) return 1;
  lua_pushliteral(L, "");
  host_set_traceback(L);
  return lua_error(L);
}

static int load(lua_State *L) {
  const chunk *c = lua_touserdata(L, 1);
  return loaded(L, luaL_loadbufferx(L, c->text, c->length, c->name, "t"));
}

static int load_file(lua_State *L) {
  return loaded(L, luaL_loadfilex(L, lua_touserdata(L, 1), "t"));
}

int shim_load(lua_State *L, const char *text, size_t n, const char *chunk_name) {
  chunk c = {text, chunk_name, n};
  lua_pushcfunction(L, load);
  lua_pushlightuserdata(L, &c);
  return shim_call(L, 1, 1);
}

int shim_load_file(lua_State *L, const char *path) {
  lua_pushcfunction(L, load_file);
  lua_pushlightuserdata(L, (void *)path);
  return shim_call(L, 1, 1);
}

int shim_exit_status(lua_State *L) { return host_of(L)->exit_status; }
