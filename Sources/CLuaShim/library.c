// SPDX-License-Identifier: Apache-2.0
// Standard functions that must not catch an interrupt, load bytecode, or end the process.
#include <string.h>

#include "host.h"

// ---- pcall, xpcall ------------------------------------------------------------------------------

static int finish(lua_State *L, int status, lua_KContext skipped) {
  if (status == LUA_OK || status == LUA_YIELD) return lua_gettop(L) - (int)skipped;
  host_of(L)->printing = 0;
  host_reraise_stop(L);
  host_forget_traceback(L);
  lua_pushboolean(L, 0);
  lua_pushvalue(L, -2);
  return 2;
}

static int guarded_pcall(lua_State *L) {
  luaL_checkany(L, 1);
  lua_pushboolean(L, 1);
  lua_insert(L, 1);
  return finish(L, lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 0, finish), 0);
}

// Does not pass the sentinel to the script's handler, which could loop or return a different
// value.
static int guarded_handler(lua_State *L) {
  if (host_of(L)->stop) return host_push_stop(L);
  lua_settop(L, 1);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, 1, 1);
  return 1;
}

static int guarded_xpcall(lua_State *L) {
  int n = lua_gettop(L);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_pushvalue(L, 2);
  lua_pushcclosure(L, guarded_handler, 1);
  lua_replace(L, 2);
  lua_pushboolean(L, 1);
  lua_pushvalue(L, 1);
  lua_rotate(L, 3, 2);
  return finish(L, lua_pcallk(L, n - 2, LUA_MULTRET, 2, 2, finish), 2);
}

// ---- coroutines ---------------------------------------------------------------------------------

static lua_State *check_coroutine(lua_State *L) {
  lua_State *co = lua_tothread(L, 1);
  luaL_argexpected(L, co, 1, "coroutine");
  return co;
}

static int close_coroutine(lua_State *L, lua_State *co) {
  shim_host *h = host_of(L);
  lua_State *outer = h->running;
  h->running = co;  // so that its __close handlers can be interrupted
#if LUA_VERSION_RELEASE_NUM >= 50406
  int status = lua_closethread(co, L);
#else
  int status = lua_resetthread(co);
#endif
  h->running = outer;
  return status;
}

// Moves the results, or the error, to L. Returns the number of results, or -1.
static int resume(lua_State *L, lua_State *co, int arguments, int *status) {
  shim_host *h = host_of(L);
  int results;
  *status = LUA_ERRRUN;
  if (!lua_checkstack(co, arguments)) {
    lua_pushliteral(L, "too many arguments to resume");
    return -1;
  }
  lua_xmove(L, co, arguments);
  lua_State *outer = h->running;
  h->running = co;
  *status = lua_resume(co, L, arguments, &results);
  h->running = outer;
  if (*status != LUA_OK && *status != LUA_YIELD) {
    h->printing = 0;
    lua_xmove(co, L, 1);
    return -1;
  }
  if (!lua_checkstack(L, results + 1)) {
    lua_pop(co, results);
    lua_pushliteral(L, "too many results to resume");
    return -1;
  }
  lua_xmove(co, L, results);
  return results;
}

static int guarded_resume(lua_State *L) {
  lua_State *co = check_coroutine(L);
  int status;
  int results = resume(L, co, lua_gettop(L) - 1, &status);
  if (results < 0) {
    host_reraise_stop(L);
    host_forget_traceback(L);
  }
  int pushed = results < 0 ? 1 : results;
  lua_pushboolean(L, results >= 0);
  lua_insert(L, -(pushed + 1));
  return pushed + 1;
}

// The traceback of the error is on the coroutine's stack, which no longer exists after it is
// closed.
static void keep_traceback(lua_State *L, lua_State *co) {
  if (host_has_traceback(L)) return;
  luaL_traceback(L, co, NULL, 0);
  luaL_traceback(L, L, "", 1);
  const char *caller = lua_tostring(L, -1);
  const char *lines = strstr(caller, "\n\t");
  lua_pushstring(L, lines ? lines : "");
  lua_remove(L, -2);
  lua_concat(L, 2);
  host_set_traceback(L);
}

static int resume_wrapped(lua_State *L) {
  lua_State *co = lua_tothread(L, lua_upvalueindex(1));
  int status;
  int results = resume(L, co, lua_gettop(L), &status);
  if (results >= 0) return results;
  int dead = lua_status(co);
  if (dead != LUA_OK && dead != LUA_YIELD) {
    if (status != LUA_ERRMEM) keep_traceback(L, co);
    lua_pop(L, 1);
    status = close_coroutine(L, co);
    host_reraise_stop(L);
    lua_xmove(co, L, 1);  // the error, or one raised by a __close handler
  }
  if (status != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING) {
    luaL_where(L, 1);
    lua_insert(L, -2);
    lua_concat(L, 2);
  }
  return lua_error(L);
}

static int guarded_wrap(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_State *co = lua_newthread(L);
  lua_pushvalue(L, 1);
  lua_xmove(L, co, 1);
  lua_pushcclosure(L, resume_wrapped, 1);
  return 1;
}

static int guarded_close(lua_State *L) {
  lua_State *co = check_coroutine(L);
  lua_Debug activation;
  if (co == L) return luaL_error(L, "cannot close a running coroutine");
  if (lua_status(co) == LUA_OK && lua_getstack(co, 0, &activation))
    return luaL_error(L, "cannot close a normal coroutine");  // it resumed the running one
  if (close_coroutine(L, co) == LUA_OK) {
    lua_pushboolean(L, 1);
    return 1;
  }
  host_reraise_stop(L);
  lua_pushboolean(L, 0);
  lua_xmove(co, L, 1);
  return 2;
}

// ---- loading: text only -------------------------------------------------------------------------

// load(chunk, name, mode, env) and loadfile(name, mode, env) with the mode forced to "t".
static int load_text(lua_State *L, int mode) {
  const char *wanted = luaL_optstring(L, mode, "bt");
  if (strchr(wanted, 't') == NULL) {
    luaL_pushfail(L);
    lua_pushliteral(L, "binary chunks are not accepted, only text (mode \"t\")");
    return 2;
  }
  if (lua_gettop(L) < mode) lua_settop(L, mode);
  lua_pushliteral(L, "t");
  lua_replace(L, mode);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  host_reraise_stop(L);  // load catches what a reader function raises
  return lua_gettop(L);
}

static int guarded_load(lua_State *L) { return load_text(L, 3); }
static int guarded_loadfile(lua_State *L) { return load_text(L, 2); }

static int finish_dofile(lua_State *L, int status, lua_KContext context) {
  (void)status;
  (void)context;
  return lua_gettop(L) - 1;
}

static int guarded_dofile(lua_State *L) {
  const char *name = luaL_optstring(L, 1, NULL);
  lua_settop(L, 1);
  if (luaL_loadfilex(L, name, "t") != LUA_OK) return lua_error(L);
  lua_callk(L, 0, LUA_MULTRET, 0, finish_dofile);
  return finish_dofile(L, 0, 0);
}

// package.searchers[2], with the behavior of the original. Upvalue: the package table.
int host_search_text(lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  lua_getfield(L, lua_upvalueindex(1), "searchpath");
  lua_pushvalue(L, 1);
  lua_getfield(L, lua_upvalueindex(1), "path");
  if (lua_type(L, -1) != LUA_TSTRING) return luaL_error(L, "'package.path' must be a string");
  lua_call(L, 2, 2);
  if (lua_isnil(L, -2)) return 1;  // the paths that were searched
  const char *path = lua_tostring(L, -2);
  lua_pop(L, 1);
  if (luaL_loadfilex(L, path, "t") != LUA_OK)
    return luaL_error(L, "error loading module '%s' from file '%s':\n\t%s", name, path,
                      lua_tostring(L, -1));
  lua_pushstring(L, path);
  return 2;
}

// ---- print --------------------------------------------------------------------------------------

// Like the standard function, but objects can detect that their text is displayed on a screen.
static int guarded_print(lua_State *L) {
  shim_host *h = host_of(L);
  int n = lua_gettop(L);
  for (int i = 1; i <= n; i++) {
    size_t length;
    h->printing = 1;
    const char *text = luaL_tolstring(L, i, &length);
    h->printing = 0;
    if (i > 1) lua_writestring("\t", 1);
    lua_writestring(text, length);
    lua_pop(L, 1);
  }
  lua_writeline();
  return 0;
}

// ---- os.exit ------------------------------------------------------------------------------------

static int guarded_exit(lua_State *L) {
  int status = lua_isboolean(L, 1) ? !lua_toboolean(L, 1) : (int)luaL_optinteger(L, 1, 0);
  shim_set_exit(L, status);
  return host_raise_stop(L, STOP_EXIT);
}

// ---- replacing ----------------------------------------------------------------------------------

void host_wrap(lua_State *L, const char *name, lua_CFunction f) {
  lua_getfield(L, -1, name);
  lua_pushcclosure(L, f, 1);
  lua_setfield(L, -2, name);
}

int host_replace_libraries(lua_State *L, int c_modules) {
  static const luaL_Reg base[] = {{"pcall", guarded_pcall},
                                  {"xpcall", guarded_xpcall},
                                  {"dofile", guarded_dofile},
                                  {"print", guarded_print},
                                  {0}};
  static const luaL_Reg coroutine[] = {
      {"resume", guarded_resume}, {"wrap", guarded_wrap}, {"close", guarded_close}, {0}};
  static const luaL_Reg os[] = {{"exit", guarded_exit}, {0}};
  host_replace_patterns(L);
  host_replace_endless(L);
  lua_pushglobaltable(L);
  luaL_setfuncs(L, base, 0);
  host_wrap(L, "load", guarded_load);
  host_wrap(L, "loadfile", guarded_loadfile);
  lua_getglobal(L, "coroutine");
  luaL_setfuncs(L, coroutine, 0);
  lua_getglobal(L, "os");
  luaL_setfuncs(L, os, 0);
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "searchers");
  lua_pushvalue(L, -2);
  lua_pushcclosure(L, host_search_text, 1);
  lua_rawseti(L, -2, 2);
  if (!c_modules) {
    lua_pushnil(L);
    lua_rawseti(L, -2, 4);
    lua_pushnil(L);
    lua_rawseti(L, -2, 3);
    lua_pushnil(L);
    lua_setfield(L, -3, "loadlib");
  }
  return 0;
}
