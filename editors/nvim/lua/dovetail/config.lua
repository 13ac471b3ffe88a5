--- The options of `require("dovetail").setup()`: each once, with its default, its type and one sentence.
local M = {}

---@class dovetail.Option
---@field name string the path of the option, such as "suggestion.debounce"
---@field type string what the value must be; see `kinds` below
---@field default any
---@field sentence string

---@class dovetail.Keymap
---@field accept string|false
---@field accept_word string|false
---@field accept_line string|false
---@field next string|false
---@field prev string|false
---@field dismiss string|false
---@field trigger string|false

---@class dovetail.Server
---@field cmd string[]
---@field settings table<string, any>

---@class dovetail.Suggesting
---@field enabled boolean
---@field auto_trigger boolean
---@field hide_during_completion boolean
---@field debounce integer in milliseconds
---@field keymap dovetail.Keymap

---@class dovetail.Config
---@field server dovetail.Server
---@field suggestion dovetail.Suggesting
---@field filetypes table<string, boolean>
---@field root_markers string[]
---@field on_status? fun(status: dovetail.Status)

---@type dovetail.Option[]
M.options = {
  {
    name = "server.cmd",
    type = "list of texts",
    default = { "dovetail", "serve" },
    sentence = "The command that starts the language server.",
  },
  {
    name = "server.settings",
    type = "table",
    default = {},
    sentence = "Options of the server, by name; see |dovetail-settings|.",
  },
  {
    name = "suggestion.enabled",
    type = "boolean",
    default = true,
    sentence = "Whether to show ghost text at all. Without it, the keys below are not mapped.",
  },
  {
    name = "suggestion.auto_trigger",
    type = "boolean",
    default = true,
    sentence = "Whether to ask while you type. If false, only the trigger key asks.",
  },
  {
    name = "suggestion.hide_during_completion",
    type = "boolean",
    default = true,
    sentence = "Whether to hide the ghost text while a completion menu is open.",
  },
  {
    name = "suggestion.debounce",
    type = "number of milliseconds",
    default = 30,
    sentence = "How long to wait after a change before asking, in milliseconds.",
  },
  {
    name = "suggestion.keymap.accept",
    type = "key or false",
    default = "<Tab>",
    sentence = "Accepts the whole suggestion.",
  },
  {
    name = "suggestion.keymap.accept_word",
    type = "key or false",
    default = "<M-Right>",
    sentence = "Accepts its next word.",
  },
  {
    name = "suggestion.keymap.accept_line",
    type = "key or false",
    default = "<M-C-Right>",
    sentence = "Accepts its next line.",
  },
  {
    name = "suggestion.keymap.next",
    type = "key or false",
    default = "<M-]>",
    sentence = "Shows the next candidate, and asks for more candidates if there is only one.",
  },
  {
    name = "suggestion.keymap.prev",
    type = "key or false",
    default = "<M-[>",
    sentence = "Shows the previous candidate.",
  },
  {
    name = "suggestion.keymap.dismiss",
    type = "key or false",
    default = "<C-]>",
    sentence = "Hides the suggestion until the text changes.",
  },
  {
    name = "suggestion.keymap.trigger",
    type = "key or false",
    default = "<M-Bslash>",
    sentence = "Asks for a suggestion now, also where none is shown unasked.",
  },
  {
    name = "filetypes",
    type = "table of booleans",
    default = {
      c = true,
      cpp = true,
      cs = true,
      go = true,
      java = true,
      javascript = true,
      javascriptreact = true,
      python = true,
      rust = true,
      typescript = true,
      typescriptreact = true,
      ["*"] = false,
    },
    sentence = 'Filetypes to complete in; your entries are added to the defaults, and `"*"` is for all others.',
  },
  {
    name = "root_markers",
    type = "list of texts",
    default = {
      ".dovetail.toml",
      "pyproject.toml",
      "setup.py",
      "package.json",
      "go.mod",
      "Cargo.toml",
      "pom.xml",
      ".git",
    },
    sentence = "Files and folders that a project's root contains.",
  },
  {
    name = "on_status",
    type = "function or nil",
    default = nil,
    sentence = "Called with the new status whenever it changes; see |dovetail.status()|.",
  },
}

local function is_list_of_texts(value)
  if type(value) ~= "table" or not vim.islist(value) or #value == 0 then
    return false
  end
  return vim.iter(value):all(function(each)
    return type(each) == "string"
  end)
end

---@type table<string, fun(value: any): boolean>
local kinds = {
  ["boolean"] = function(value)
    return type(value) == "boolean"
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
        return false
      end
    end
    return true
  end,
  ["list of texts"] = is_list_of_texts,
  ["number of milliseconds"] = function(value)
    return type(value) == "number" and value >= 0 and value == math.floor(value)
  end,
  ["key or false"] = function(value)
    return value == false or (type(value) == "string" and value ~= "")
  end,
  ["function or nil"] = function(value)
    return value == nil or type(value) == "function"
  end,
}

-- Tables whose keys are the user's own.
local open_tables = { ["server.settings"] = true, filetypes = true }

local function by_name()
  local found, parents = {}, {}
  for _, option in ipairs(M.options) do
    found[option.name] = option
    local parent = option.name:match("^(.*)%.[^.]+$")
    while parent do
      parents[parent] = true
      parent = parent:match("^(.*)%.[^.]+$")
    end
  end
  return found, parents
end

--- The names that `path` could have been meant for: those with the same parent, closest first.
local function suggestion_for(path)
  local parent = path:match("^(.*)%.[^.]+$") or ""
  local siblings, seen = {}, {}
  for _, option in ipairs(M.options) do
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
---@param given any
---@return string[]
function M.faults(given)
  local faults = {}
  local options, parents = by_name()
  local function check(value, path)
    local option = options[path]
    if option then
      if not kinds[option.type](value) then
        faults[#faults + 1] = ("`%s` must be a %s, not %s"):format(path, option.type, shown(value))
      end
      return
    end
    if path ~= "" and not parents[path] then
      faults[#faults + 1] = ("there is no option `%s`: %s"):format(path, suggestion_for(path))
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

--- Return the defaults as a nested table.
---@return dovetail.Config
function M.defaults()
  local config = {}
  for _, option in ipairs(M.options) do
    local at, parts = config, vim.split(option.name, ".", { plain = true })
    for index = 1, #parts - 1 do
      at[parts[index]] = at[parts[index]] or {}
      at = at[parts[index]]
    end
    at[parts[#parts]] = vim.deepcopy(option.default)
  end
  return config
end

--- Return the defaults with a user's options on top. Raises an error that names each wrong key.
---@param given? table
---@return dovetail.Config
function M.resolve(given)
  given = given == nil and {} or given
  local faults = M.faults(given)
  if #faults > 0 then
    error("dovetail.setup: " .. table.concat(faults, "; "), 0)
  end
  local config = M.defaults()
  local function merge(base, over, path)
    for key, value in pairs(over) do
      local inner = path == "" and key or path .. "." .. key
      local is_open = open_tables[path] ~= nil
      if
        type(value) == "table" and type(base[key]) == "table" and not is_open and not vim.islist(base[key])
        or open_tables[inner]
      then
        merge(base[key], value, inner)
      else
        base[key] = vim.deepcopy(value)
      end
    end
  end
  merge(config, given, "")
  return config
end

---@type dovetail.Config
M.current = M.defaults()

--- Whether a filetype is completed.
---@param filetype string
---@return boolean
function M.is_enabled_for(filetype)
  local on = M.current.filetypes[filetype]
  if on == nil then
    on = M.current.filetypes["*"]
  end
  return on == true
end

return M
