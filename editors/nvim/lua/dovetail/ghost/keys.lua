--- Maps the keys of the options. Where no ghost text is shown, each key does what it did before.
local M = {}

local api = vim.api

---@class dovetail.Mapping
---@field name string of the action
---@field key string
---@field before table what the key was mapped to, as `maparg()` returns it; empty for nothing

---@class dovetail.KeyActions
---@field run table<string, fun(): boolean?> by name; false means that there was nothing to accept
---@field is_visible fun(): boolean

local mapped = {} ---@type dovetail.Mapping[]
local actions ---@type dovetail.KeyActions
local accepting = { accept = true, accept_word = true, accept_line = true }

local function raw(keys)
  return api.nvim_replace_termcodes(keys, true, true, true)
end

--- Run what a key was mapped to before, where that is a function. For the mappings below.
---@param index integer of the mapping
function M.run_before(index)
  mapped[index].before.callback()
end

--- Return the keys of the jump in a snippet that <Tab> and <S-Tab> do by default, else the key itself.
---@param key string
---@return string
local function default_of(key)
  local direction = ({ ["<tab>"] = 1, ["<s-tab>"] = -1 })[key:lower()]
  if direction and vim.snippet.active({ direction = direction }) then
    return ("<Cmd>lua vim.snippet.jump(%d)<CR>"):format(direction)
  end
  return key
end

--- Do what a key did before it was ours. Returns the keys for an `expr` mapping.
---@param index integer of the mapping
---@return string
local function pass_through(index)
  local key, before = mapped[index].key, mapped[index].before
  if next(before) == nil then
    return default_of(key)
  end
  if before.callback and before.expr ~= 1 then
    return ("<Cmd>lua require('dovetail.ghost.keys').run_before(%d)<CR>"):format(index)
  end
  local keys = before.rhs
  if before.expr == 1 then
    keys = before.callback and before.callback() or api.nvim_eval(keys)
  end
  if type(keys) ~= "string" or keys == "" then
    return ""
  end
  if before.expr ~= 1 or before.replace_keycodes == 1 then
    keys = raw(keys)
  end
  local is_plain = before.noremap == 1 or vim.startswith(keys, raw(key))
  api.nvim_feedkeys(keys, is_plain and "ni" or "mi", false)
  return ""
end

--- Run an action by the name of its key in the options, such as "accept_word". For mappings with `<Cmd>`.
---@param name string
---@param index? integer of our own mapping, whose key does what it did before if there is nothing to accept
function M.act(name, index)
  local is_done = actions.run[name]()
  if is_done == false and index then
    -- Neovim looks ahead: it evaluated the mapping before the letter right before the key was in the text.
    api.nvim_feedkeys(raw(pass_through(index)), "ni", false)
  end
end

--- Return the global mapping of a key in Insert mode. A mapping of one buffer stays in force there by itself.
---@param key string
---@return table
local function mapping_of(key)
  local found = vim.fn.maparg(key, "i", false, true)
  if found.buffer ~= 1 then
    return found
  end
  for _, each in ipairs(api.nvim_get_keymap("i")) do
    if each.lhsraw == raw(key) then
      return each
    end
  end
  return {}
end

local function description(name)
  return "dovetail: " .. name
end

---@param name string
---@param key string
local function map(name, key)
  local index = #mapped + 1
  mapped[index] = { name = name, key = key, before = mapping_of(key) }
  vim.keymap.set("i", key, function()
    local is_ours = name == "trigger" or actions.is_visible()
    if not is_ours then
      return pass_through(index)
    end
    local command = ("<Cmd>lua require('dovetail.ghost.keys').act('%s', %d)<CR>"):format(name, index)
    -- An undo takes back the accepted text, and neither what was typed before nor what is typed after it.
    return accepting[name] and "<C-g>u" .. command .. "<C-g>u" or command
  end, { expr = true, desc = description(name) })
end

--- Map the keys of the options.
---@param keymap dovetail.Keymap
---@param own dovetail.KeyActions
function M.enable(keymap, own)
  actions = own
  for name, key in pairs(keymap) do
    if key then
      map(name, key)
    end
  end
end

--- Give the keys back.
function M.disable()
  for index = #mapped, 1, -1 do
    local each = mapped[index]
    pcall(vim.keymap.del, "i", each.key) -- it may be gone already
    if next(each.before) then
      vim.fn.mapset("i", false, each.before)
    end
  end
  mapped = {}
end

--- Return the keys of ours that something else mapped since.
---@return { name: string, key: string }[]
function M.lost()
  local lost = {}
  for _, each in ipairs(mapped) do
    if vim.fn.maparg(each.key, "i", false, true).desc ~= description(each.name) then
      lost[#lost + 1] = { name = each.name, key = each.key }
    end
  end
  return lost
end

return M
