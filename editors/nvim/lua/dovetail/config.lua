--- The options of `require("dovetail").setup()`: each once, with its default, its type and one sentence.
local M = {}

local validation = require("dovetail.validation")

---@class dovetail.Option
---@field name string the path of the option, such as "suggestion.debounce"
---@field type string what the value must be; see `validation.lua`
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
---@field cmd? string[]
---@field install_from string
---@field settings table<string, any>

---@class dovetail.Suggesting
---@field enabled boolean
---@field auto_trigger boolean
---@field hide_during_completion boolean
---@field debounce integer milliseconds
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
    type = "list of strings",
    default = nil,
    sentence = "What starts the server. If nil: `dovetail` on PATH, else what |:Dovetail-install| installed.",
  },
  {
    name = "server.install_from",
    type = "string",
    default = "dovetail",
    sentence = "What |:Dovetail-install| installs: a name in the package index, a wheel or a checkout's folder.",
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
      astro = true,
      bash = true,
      c = true,
      cpp = true,
      cs = true,
      css = true,
      cuda = true,
      dart = true,
      elixir = true,
      go = true,
      haskell = true,
      html = true,
      java = true,
      javascript = true,
      javascriptreact = true,
      julia = true,
      kotlin = true,
      lua = true,
      php = true,
      python = true,
      ruby = true,
      rust = true,
      scala = true,
      scss = true,
      sh = true,
      sql = true,
      svelte = true,
      swift = true,
      typescript = true,
      typescriptreact = true,
      vue = true,
      zig = true,
      zsh = true,
      ["*"] = false,
    },
    sentence = 'Filetypes to complete in; your entries are added to the defaults, and `"*"` is for all others.',
  },
  {
    name = "root_markers",
    type = "list of strings",
    default = { ".dovetail.toml", ".git", ".hg", ".jj" },
    sentence = "Files and folders that a project's root contains. Where there is none, the server finds the workspace.",
  },
  {
    name = "on_status",
    type = "function",
    default = nil,
    sentence = "Called with the new status whenever it changes; see |dovetail.status()|.",
  },
}

-- Tables whose keys are the user's own.
local open_tables = { ["server.settings"] = true, filetypes = true }

--- Return the defaults as a nested table.
---@return dovetail.Config
function M.defaults()
  local config = {} ---@type table<string, any>
  for _, option in ipairs(M.options) do
    local at, keys = config, vim.split(option.name, ".", { plain = true })
    for index = 1, #keys - 1 do
      at[keys[index]] = at[keys[index]] or {}
      at = at[keys[index]]
    end
    at[keys[#keys]] = vim.deepcopy(option.default)
  end
  return config
end

--- Return the defaults with valid options on top.
---@param given table
---@return dovetail.Config
local function merged(given)
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

--- Return the defaults with a user's options on top. Raises an error that names each wrong key.
---@param given? table
---@return dovetail.Config
function M.resolve(given)
  given = given == nil and {} or given
  local faults = validation.faults(M.options, given)
  if #faults > 0 then
    error("dovetail.setup: " .. table.concat(faults, "; "), 0)
  end
  local config = merged(given)
  faults = validation.shared_keys(M.options, config.suggestion.keymap)
  if #faults > 0 then
    error("dovetail.setup: " .. table.concat(faults, "; "), 0)
  end
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
