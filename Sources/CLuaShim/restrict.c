// SPDX-License-Identifier: Apache-2.0
// Restrictions for untrusted scripts, which protect against mistakes, not against attackers.
#include <string.h>

#include "host.h"

static void remove_fields(lua_State *L, const char *library, const char *const *names) {
  lua_getglobal(L, library);
  for (; *names; names++) {
    lua_pushnil(L);
    lua_setfield(L, -2, *names);
  }
  lua_pop(L, 1);
}

// Upvalue: the original function.
static int count_garbage(lua_State *L) {
  if (strcmp(luaL_optstring(L, 1, "collect"), "count") != 0)
    return luaL_error(L, "in safe mode collectgarbage only counts: collectgarbage(\"count\")");
  lua_settop(L, 1);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, 1, 1);
  return 1;
}

// Upvalue: the function that sets other metatables.
static int set_plain_metatable(lua_State *L) {
  lua_settop(L, 2);
  if (lua_type(L, 2) == LUA_TTABLE) {
    lua_pushliteral(L, "__gc");
    if (lua_rawget(L, 2) != LUA_TNIL)
      return luaL_error(L, "in safe mode a metatable has no __gc; use __close, or close() by hand");
    lua_pop(L, 1);
  }
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, 2, 1);
  return 1;
}

// Modules are loaded from `path` only, even if scripts modify the table `package`.
static void restrict_modules(lua_State *L, const char *path) {
  lua_getglobal(L, "package");
  lua_newtable(L);  // the table that the searcher reads
  lua_getfield(L, -2, "searchpath");
  lua_setfield(L, -2, "searchpath");
  lua_pushstring(L, path);
  lua_setfield(L, -2, "path");
  lua_createtable(L, 2, 0);
  lua_getfield(L, -3, "searchers");
  lua_rawgeti(L, -1, 1);
  lua_rawseti(L, -3, 1);  // package.preload
  lua_pop(L, 1);
  lua_pushvalue(L, -2);
  lua_pushcclosure(L, host_search_text, 1);
  lua_rawseti(L, -2, 2);
  // `require` accesses the table of searchers through its upvalue `package`.
  lua_setfield(L, -3, "searchers");
  lua_pop(L, 1);
  lua_pushstring(L, path);
  lua_setfield(L, -2, "path");
  lua_pushliteral(L, "");
  lua_setfield(L, -2, "cpath");
  lua_pushnil(L);
  lua_setfield(L, -2, "searchpath");
  lua_getfield(L, -1, "loaded");
  static const char *const gone[] = {"io", "debug", NULL};
  for (const char *const *name = gone; *name; name++) {
    lua_pushnil(L);
    lua_setfield(L, -2, *name);
  }
  lua_pop(L, 2);
}

static int restrict_libraries(lua_State *L) {
  restrict_modules(L, lua_touserdata(L, 1));
  static const char *const globals[] = {"dofile", "loadfile", "warn", "io", "debug", NULL};
  static const char *const system[] = {"execute",   "getenv",  "remove", "rename",
                                       "setlocale", "tmpname", NULL};
  static const char *const strings[] = {"dump", NULL};
  remove_fields(L, "_G", globals);
  remove_fields(L, "os", system);
  remove_fields(L, "string", strings);
  lua_pushglobaltable(L);
  host_wrap(L, "collectgarbage", count_garbage);
  host_wrap(L, "setmetatable", set_plain_metatable);
  return 0;
}

int shim_restrict(lua_State *L, const char *module_path) {
  lua_pushcfunction(L, restrict_libraries);
  lua_pushlightuserdata(L, (void *)module_path);
  return shim_call(L, 1, 0);
}

// ---- strict globals -----------------------------------------------------------------------------

static const char main_chunk_key = 0;

void shim_set_main_chunk(lua_State *L) { lua_rawsetp(L, LUA_REGISTRYINDEX, &main_chunk_key); }

// Whether the activation record is that of a chunk rather than of a function within a chunk.
static int is_chunk(lua_State *L, lua_Debug *activation) {
  lua_getinfo(L, "Sf", activation);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &main_chunk_key);
  int is_main = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return is_main || strcmp(activation->what, "Lua") != 0;
}

// __newindex(globals, name, value). Upvalue: the names assigned so far.
static int declare_global(lua_State *L) {
  lua_settop(L, 3);
  lua_pushvalue(L, 2);
  lua_Debug caller;
  if (lua_rawget(L, lua_upvalueindex(1)) == LUA_TNIL && lua_getstack(L, 1, &caller) &&
      !is_chunk(L, &caller))
    return luaL_error(L,
                      "assignment to undeclared global '%s' within a function; write 'local', or "
                      "assign it outside of functions first",
                      luaL_tolstring(L, 2, NULL));
  lua_pop(L, 1);
  lua_pushvalue(L, 2);
  lua_pushboolean(L, 1);
  lua_rawset(L, lua_upvalueindex(1));
  lua_rawset(L, 1);
  return 0;
}

void shim_push_global_declaration(lua_State *L) { lua_pushcclosure(L, declare_global, 1); }
