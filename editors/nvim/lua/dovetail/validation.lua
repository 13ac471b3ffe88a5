--- Finds what is wrong with the options that a user gave to `setup()`.
---
--- `vim.validate()` knows neither unknown keys nor nested ones, stops at the first fault, and takes other arguments in
--- Neovim 0.10 than later. So the checks are here: they name every wrong key by its path, in the same words everywhere.
local M = {}

-- The longest time that is a number of milliseconds in 32 bits, some 25 days.
local MAX_MS = 2 ^ 31 - 1

--- What a value of each type must fulfil. Each returns whether it does, and the key inside of the value that does not.
---@type table<string, fun(value: any): boolean, (string|integer)?>
local kinds = {
  ["boolean"] = function(value)
    return type(value) == "boolean"
  end,
  ["string"] = function(value)
    return type(value) == "string" and value ~= ""
  end,
  ["table"] = function(value)
    return type(value) == "table" and (vim.tbl_isempty(value) or not vim.islist(value))
  end,
  ["table of booleans"] = function(value)
    if type(value) ~= "table" then
      return false
    end
    for name, on in pairs(value) do
      if type(name) ~= "string" or type(on) ~= "boolean" then
        return false, name
      end
    end
    return true
  end,
  ["list of strings"] = function(value)
    if type(value) ~= "table" or not vim.islist(value) or #value == 0 then
      return false
    end
    for index, each in ipairs(value) do
      if type(each) ~= "string" or each == "" then
        return false, index
      end
    end
    return true
  end,
  ["number of milliseconds"] = function(value)
    return type(value) == "number" and value >= 0 and value <= MAX_MS and value == math.floor(value)
  end,
  ["key or false"] = function(value)
    return value == false or (type(value) == "string" and value ~= "")
  end,
  ["function"] = function(value)
    return type(value) == "function"
  end,
}

-- What a part of a table must be, by the type of the table.
local parts = { ["table of booleans"] = "true or false", ["list of strings"] = "a string that is not empty" }

--- Return the options by name, and the names of the tables around them.
---@param options dovetail.Option[]
---@return table<string, dovetail.Option>
---@return table<string, true>
local function by_name(options)
  local found, parents = {}, {}
  for _, option in ipairs(options) do
    found[option.name] = option
    local parent = option.name:match("^(.*)%.[^.]+$")
    while parent do
      parents[parent] = true
      parent = parent:match("^(.*)%.[^.]+$")
    end
  end
  return found, parents
end

--- Return what a wrong name could have been meant for, among the names with the same parent.
---@param options dovetail.Option[]
---@param path string
---@return string
local function suggestion_for(options, path)
  local parent = path:match("^(.*)%.[^.]+$") or ""
  local siblings, seen = {}, {}
  for _, option in ipairs(options) do
    local rest = parent == "" and option.name or option.name:match("^" .. vim.pesc(parent) .. "%.(.+)$")
    local first = rest and rest:match("^[^.]+")
    if first and not seen[first] then
      seen[first] = true
      siblings[#siblings + 1] = first
    end
  end
  local last = path:match("[^.]+$") or path
  local close = vim.fn.matchfuzzy(siblings, last)
  if #close == 0 then
    close = vim.tbl_filter(function(name)
      return vim.startswith(name, last:sub(1, 3)) or vim.startswith(last, name:sub(1, 3))
    end, siblings)
  end
  if #close > 0 then
    return ("did you mean `%s`?"):format(close[1])
  end
  return "the options are " .. table.concat(siblings, ", ")
end

local function shown(value)
  local text = vim.inspect(value, { newline = " ", indent = "" })
  return #text > 60 and text:sub(1, 60) .. "..." or text
end

--- Return the faults of what a user gave to `setup()`, each one line that names the key.
---@param options dovetail.Option[]
---@param given any
---@return string[]
function M.faults(options, given)
  local faults = {}
  local named, parents = by_name(options)
  local function check(value, path)
    local option = named[path]
    if option then
      local fits, part = kinds[option.type](value)
      if part ~= nil then
        local name = type(part) == "number" and ("%s[%d]"):format(path, part) or ("%s.%s"):format(path, part)
        faults[#faults + 1] = ("`%s` must be %s, not %s"):format(name, parts[option.type], shown(value[part]))
      elseif not fits then
        faults[#faults + 1] = ("`%s` must be a %s, not %s"):format(path, option.type, shown(value))
      end
      return
    end
    if path ~= "" and not parents[path] then
      faults[#faults + 1] = ("there is no option `%s`: %s"):format(path, suggestion_for(options, path))
      return
    end
    if type(value) ~= "table" then
      faults[#faults + 1] = ("%s must be a table, not %s"):format(
        path == "" and "the options" or "`" .. path .. "`",
        shown(value)
      )
      return
    end
    local keys = vim.tbl_map(tostring, vim.tbl_keys(value))
    table.sort(keys)
    for _, key in ipairs(keys) do
      local inner = value[key]
      if inner == nil then
        inner = value[tonumber(key)]
      end
      check(inner, path == "" and key or path .. "." .. key)
    end
  end
  check(given, "")
  return faults
end

--- Return the keys that two actions share, each one line.
---@param options dovetail.Option[]
---@param keymap dovetail.Keymap
---@return string[]
function M.shared_keys(options, keymap)
  local faults, used = {}, {}
  for _, option in ipairs(options) do
    local action = option.name:match("^suggestion%.keymap%.(.+)$")
    local key = action and keymap[action]
    if key then
      local raw = vim.api.nvim_replace_termcodes(key, true, true, true)
      if used[raw] then
        faults[#faults + 1] = ("`suggestion.keymap.%s` is %s, as `%s` is: choose another key"):format(
          action,
          key,
          used[raw]
        )
      end
      used[raw] = action
    end
  end
  return faults
end

return M
