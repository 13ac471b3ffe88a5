--- Ghost text: asks for suggestions in insert mode, shows one behind the cursor, and accepts it whole or in parts.
---
--- A suggestion remembers where the cursor was when it was asked for (its anchor) and what the line was. What is left of
--- it is computed from the buffer whenever it is needed: the text between anchor and cursor must be a beginning of it.
--- So typing along, deleting back and partial acceptance are one case, and none of them asks the server.
local M = {}

local client = require("dovetail.client")
local config = require("dovetail.config")

local api = vim.api
local namespace = api.nvim_create_namespace("dovetail")
-- Triggers of LSP's inline completion.
local INVOKED, AUTOMATIC = 1, 2
-- Longer ghost lines are cut on the screen; what is accepted is not.
local MAX_SHOWN_BYTES = 1000

---@class dovetail.Item
---@field text string
---@field replaced integer bytes after the anchor that the text replaces
---@field command? table to run after acceptance
---@field shown? boolean whether the server knows that it was on the screen

---@class dovetail.Suggestion
---@field bufnr integer
---@field row integer of the anchor, from 0
---@field column integer of the anchor, in bytes
---@field before string the line up to the anchor
---@field after string the line from the anchor
---@field lines integer of the buffer, at the anchor
---@field items dovetail.Item[]
---@field index integer of the item that is shown

---@class dovetail.Rest
---@field item dovetail.Item
---@field text string what is left to insert at the cursor
---@field replaced integer bytes after the cursor that it replaces
---@field typed integer bytes of the item's text that are in the buffer already

local current ---@type dovetail.Suggestion?
local pending ---@type { id: integer, bufnr: integer }?
local timer = assert(vim.uv.new_timer())
local generation = 0 -- rises with every change; an answer for an older one is dropped
local seen ---@type { bufnr: integer, tick: integer, row: integer, column: integer }?
local dismissed ---@type { bufnr: integer, tick: integer }?
local follows_cmp = false
local drawn ---@type { bufnr: integer }?

-- What plugins for pairs add behind the cursor by themselves.
local CLOSERS = "^[%)%]}>\"'`;]+$"

local function is_inserting()
  return api.nvim_get_mode().mode:sub(1, 1) == "i"
end

local function cursor()
  local place = api.nvim_win_get_cursor(0)
  return place[1] - 1, place[2]
end

local function line_at(bufnr, row)
  return api.nvim_buf_get_lines(bufnr, row, row + 1, false)[1] or ""
end

--- Whether a completion menu is on the screen: Neovim's own, nvim-cmp's or blink.cmp's.
local function is_menu_open()
  if vim.fn.pumvisible() == 1 then
    return true
  end
  local cmp, blink = package.loaded["cmp"], package.loaded["blink.cmp"]
  for _, visible in ipairs({ cmp and cmp.visible or false, blink and blink.is_visible or false }) do
    if visible then
      local ok, on = pcall(visible)
      if ok and on then
        return true
      end
    end
  end
  return false
end

local function is_snippet_active()
  if vim.snippet and vim.snippet.active() then
    return true
  end
  local luasnip = package.loaded["luasnip"]
  if luasnip and luasnip.in_snippet and luasnip.jumpable then
    local ok, inside = pcall(function()
      return luasnip.in_snippet() and luasnip.jumpable(1)
    end)
    return ok and inside == true
  end
  return false
end

--- Whether anything may be shown where the cursor is now.
local function is_place_fit(bufnr)
  return is_inserting()
    and client.is_attached(bufnr)
    and client.is_eligible(bufnr)
    -- Replaying a macro would press the accept key where nothing is shown.
    and vim.fn.reg_recording() == ""
    and vim.fn.reg_executing() == ""
    and not (config.current.suggestion.hide_during_completion and is_menu_open())
    and not is_snippet_active()
    and vim.fn.getcurpos()[4] == 0 -- beyond the line's end with 'virtualedit'
end

--- The text between the suggestion's anchor and the cursor; nil where the cursor is before the anchor.
local function typed_since(suggestion, row, column)
  if row < suggestion.row or (row == suggestion.row and column < suggestion.column) then
    return nil
  end
  local lines = api.nvim_buf_get_text(suggestion.bufnr, suggestion.row, suggestion.column, row, column, {})
  return table.concat(lines, "\n")
end

--- What is left of an item after `typed`, or nil if the text does not go along with it.
---@return dovetail.Rest?
local function rest_of(item, suggestion, typed, after)
  if #typed >= #item.text or item.text:sub(1, #typed) ~= typed then
    return nil
  end
  local text, replaced = item.text:sub(#typed + 1), item.replaced
  if after ~= suggestion.after then
    local fewer = #suggestion.after - #after
    if fewer > 0 then -- the cursor has moved over what was to be replaced, as plugins for pairs let it
      if fewer > replaced or suggestion.after:sub(fewer + 1) ~= after then
        return nil
      end
    else -- such plugins add the closing half of a pair behind the cursor
      local added = after:sub(1, -fewer)
      if after:sub(1 - fewer) ~= suggestion.after or not added:match(CLOSERS) or not text:find(added, 1, true) then
        return nil
      end
    end
    replaced = replaced - fewer
  end
  return { item = item, text = text, replaced = replaced, typed = #typed }
end

--- What is left of the current suggestion at the cursor, by the text as it is now.
---@return dovetail.Rest?, integer? fitting how many of the items still fit
local function rest_now()
  local suggestion, bufnr = current, api.nvim_get_current_buf()
  if not suggestion or suggestion.bufnr ~= bufnr or not is_inserting() then
    return nil
  end
  local row, column = cursor()
  local added_lines = api.nvim_buf_line_count(bufnr) - suggestion.lines
  if row - suggestion.row ~= added_lines then
    return nil
  end
  local typed = typed_since(suggestion, row, column)
  if not typed or line_at(bufnr, suggestion.row):sub(1, suggestion.column) ~= suggestion.before then
    return nil
  end
  local after = line_at(bufnr, row):sub(column + 1)
  local found, fitting = nil, 0
  for index, item in ipairs(suggestion.items) do
    local rest = rest_of(item, suggestion, typed, after)
    if rest then
      fitting = fitting + 1
      if not found or index == suggestion.index then
        found = rest
      end
    end
  end
  return found, fitting
end

local function clear()
  if drawn then
    if api.nvim_buf_is_valid(drawn.bufnr) then
      api.nvim_buf_clear_namespace(drawn.bufnr, namespace, 0, -1)
    end
    drawn = nil
  end
end

--- A text with its tabs as wide as they would be, from a display column on.
local function expanded(text, from, width)
  if not text:find("\t", 1, true) then
    return text
  end
  local parts, column = {}, from
  for part, tab in text:gmatch("([^\t]*)(\t?)") do
    parts[#parts + 1] = part
    column = column + vim.fn.strdisplaywidth(part, column)
    if tab ~= "" then
      local spaces = width - column % width
      parts[#parts + 1] = (" "):rep(spaces)
      column = column + spaces
    end
  end
  return table.concat(parts)
end

--- At most MAX_SHOWN_BYTES of a line, cut between characters.
local function shortened(text)
  if #text <= MAX_SHOWN_BYTES then
    return text
  end
  return text:sub(1, MAX_SHOWN_BYTES + vim.str_utf_start(text, MAX_SHOWN_BYTES + 1)) .. "..."
end

--- Where the replaced text is found again in the first line of the suggestion, from its right end: for each of its
--- bytes the index there. Nil if it is not.
local function kept_bytes(first, replaced)
  local at, index = {}, #first
  for byte = #replaced, 1, -1 do
    while index > 0 and first:byte(index) ~= replaced:byte(byte) do
      index = index - 1
    end
    if index == 0 then
      return nil
    end
    at[byte], index = index, index - 1
  end
  return at
end

local function scope_to_window()
  -- The same buffer in another window has another cursor. Neovim has this by an unstable function only.
  local scope = api.nvim__ns_set
  if scope then
    pcall(scope, namespace, { wins = { api.nvim_get_current_win() } })
  end
end

---@param rest dovetail.Rest
local function draw(rest, fitting)
  local bufnr = api.nvim_get_current_buf()
  clear()
  scope_to_window()
  local row, column = cursor()
  local line = line_at(bufnr, row)
  local width = vim.bo[bufnr].tabstop
  local lines = vim.split(rest.text, "\n", { plain = true })
  local first = lines[1]
  local replaced = line:sub(column + 1, column + rest.replaced)
  local function mark(at, options)
    -- Combined, it would take on the look of the character beside it, such as MatchParen.
    options.hl_mode = "replace"
    options.strict = false
    -- Without this, an undo would bring old marks back.
    options.undo_restore = false
    pcall(api.nvim_buf_set_extmark, bufnr, namespace, row, at, options)
  end

  local virtual_lines = {}
  for index = 2, #lines do
    virtual_lines[#virtual_lines + 1] = { { expanded(shortened(lines[index]), 0, width), "DovetailGhost" } }
  end
  local more = fitting > 1 and { (" (%d/%d)"):format(current.index, #current.items), "DovetailGhostCount" } or nil
  if more and #virtual_lines > 0 then
    table.insert(virtual_lines[#virtual_lines], more)
  end

  local kept = rest.replaced > 0 and kept_bytes(first, replaced) or nil
  if rest.replaced > 0 and not kept then
    -- The ghost text covers what it replaces, and what follows is drawn again behind it.
    local ghost = shortened(first)
    local hidden = vim.fn.strdisplaywidth(replaced) - vim.fn.strdisplaywidth(ghost)
    local tail = line:sub(column + rest.replaced + 1)
    local chunks = { { expanded(ghost, vim.fn.strdisplaywidth(line:sub(1, column)), width), "DovetailGhost" } }
    if tail ~= "" then
      chunks[#chunks + 1] = { tail, "Normal" }
    end
    if hidden > 0 then
      chunks[#chunks + 1] = { (" "):rep(hidden), "Normal" }
    end
    mark(column, { virt_text = chunks, virt_text_pos = "overlay" })
  else
    -- Pieces between the characters that stay.
    local from, at = 1, column
    local display = vim.fn.strdisplaywidth(line:sub(1, column))
    local function piece(text, last)
      local chunks = {}
      if text ~= "" then
        chunks[1] = { expanded(shortened(text), display, width), "DovetailGhost" }
        display = display + vim.fn.strdisplaywidth(chunks[1][1])
      end
      if last and more and #virtual_lines == 0 then
        chunks[#chunks + 1] = more
      end
      if #chunks > 0 then
        mark(at, { virt_text = chunks, virt_text_pos = "inline" })
      end
    end
    for _, index in ipairs(kept or {}) do
      piece(first:sub(from, index - 1))
      from, at, display = index + 1, at + 1, display + 1
    end
    piece(first:sub(from), true)
  end
  if #virtual_lines > 0 then
    mark(column, { virt_lines = virtual_lines })
  end
  drawn = { bufnr = bufnr }

  local item = rest.item
  if not item.shown and item.command then
    item.shown = true
    client.notify("textDocument/didShowCompletion", { item = { insertText = item.text, command = item.command } })
  end
end

local function cancel()
  generation = generation + 1
  timer:stop()
  if pending then
    client.cancel(pending.id)
    pending = nil
  end
end

--- An item of the server in our terms; nil for what cannot be shown at the cursor.
---@return dovetail.Item?
local function item_of(given, line, row, column)
  local text = given.insertText
  if type(text) ~= "string" then
    return nil
  end
  text = text:gsub("\r\n", "\n")
  local first, last = column, column
  local range = given.range
  if type(range) == "table" then
    if range.start.line ~= row or range["end"].line ~= row then
      return nil
    end
    first = client.byte_column(line, range.start.character)
    last = client.byte_column(line, range["end"].character)
  end
  if first > column or last < column then
    return nil
  end
  local present = line:sub(first + 1, column)
  if text:sub(1, #present) ~= present then
    return nil
  end
  text = text:sub(#present + 1)
  if text == "" or (last > column and text == line:sub(column + 1, last)) then
    return nil
  end
  return { text = text, replaced = last - column, command = type(given.command) == "table" and given.command or nil }
end

--- The items of an answer that can be inserted at a place.
---@param result table
---@param line string
---@param row integer
---@param column integer in bytes
---@return dovetail.Item[]
function M.items_of(result, line, row, column)
  local items = {}
  for _, given in ipairs(result.items or result) do
    items[#items + 1] = type(given) == "table" and item_of(given, line, row, column) or nil
  end
  return items
end

---@param kind integer
---@param step? integer which candidate to show then, counted from the current one
local function ask(kind, step)
  cancel()
  local bufnr = api.nvim_get_current_buf()
  if not is_place_fit(bufnr) then
    return
  end
  local row, column = cursor()
  local line, asked = line_at(bufnr, row), generation
  local tick, lines = api.nvim_buf_get_changedtick(bufnr), api.nvim_buf_line_count(bufnr)
  local params = {
    textDocument = { uri = vim.uri_from_bufnr(bufnr) },
    position = { line = row, character = client.client_column(line, column) },
    context = { triggerKind = kind },
  }
  client.sync(bufnr)
  local function answered(error, result)
    if asked ~= generation then
      return
    end
    pending = nil
    if error or type(result) ~= "table" or not api.nvim_buf_is_valid(bufnr) or api.nvim_get_current_buf() ~= bufnr then
      return
    end
    local now_row, now_column = cursor()
    if
      api.nvim_buf_get_changedtick(bufnr) ~= tick
      or now_row ~= row
      or now_column ~= column
      or not is_place_fit(bufnr)
    then
      return
    end
    local items = M.items_of(result, line, row, column)
    if #items == 0 then
      return
    end
    local index = step and (step % #items) + 1 or 1
    current = {
      bufnr = bufnr,
      row = row,
      column = column,
      before = line:sub(1, column),
      after = line:sub(column + 1),
      lines = lines,
      items = items,
      index = index,
    }
    local rest, fitting = rest_now()
    if rest then
      draw(rest, fitting)
    end
  end
  local id = client.request("textDocument/inlineCompletion", params, answered, bufnr)
  pending = id and { id = id, bufnr = bufnr } or nil
end

--- Follow nvim-cmp's menu, which has no autocommands, from the moment that the plugin is loaded.
local function follow_cmp()
  local cmp = package.loaded["cmp"]
  if follows_cmp or not cmp or not cmp.event then
    return
  end
  follows_cmp = true
  for _, event in ipairs({ "menu_opened", "menu_closed" }) do
    cmp.event:on(event, function()
      vim.schedule(function()
        seen = nil
        M.update()
      end)
    end)
  end
end

--- Look at the text again: show what is left of the suggestion, or ask for another. Called after every change.
function M.update()
  follow_cmp()
  local bufnr = api.nvim_get_current_buf()
  if not is_place_fit(bufnr) then
    cancel()
    clear()
    seen = nil
    return
  end
  local row, column = cursor()
  local tick = api.nvim_buf_get_changedtick(bufnr)
  if seen and seen.bufnr == bufnr and seen.tick == tick and seen.row == row and seen.column == column then
    return
  end
  seen = { bufnr = bufnr, tick = tick, row = row, column = column }
  cancel()
  if dismissed and (dismissed.bufnr ~= bufnr or dismissed.tick ~= tick) then
    dismissed = nil
  end
  local rest, fitting = rest_now()
  if rest then
    draw(rest, fitting)
    return
  end
  clear()
  if dismissed or not config.current.suggestion.auto_trigger then
    return
  end
  local asked = generation
  timer:start(
    config.current.suggestion.debounce,
    0,
    vim.schedule_wrap(function()
      if asked == generation then
        ask(AUTOMATIC)
      end
    end)
  )
end

--- Hide everything and forget it.
function M.forget()
  cancel()
  clear()
  current, seen = nil, nil
end

--- Whether ghost text is on the screen and fits the text as it is now.
---@return boolean
function M.is_visible()
  return drawn ~= nil and rest_now() ~= nil
end

--- Return what is left of the suggestion, or nil.
---@return string?
function M.text()
  local rest = drawn and rest_now()
  return rest and rest.text or nil
end

local function next_word(text)
  return text:match("^%s*[%w_\128-\255]+") or text:match("^%s*[^%w_%s\128-\255]+") or text
end

local function next_line(text)
  local stop = text:find("\n", 2, true)
  return stop and text:sub(1, stop - 1) or text
end

local parts = {
  all = function(text)
    return text
  end,
  word = next_word,
  line = next_line,
}

--- Insert a part of the suggestion: "all", "word" or "line". Returns false where nothing is shown.
---@param kind "all"|"word"|"line"
---@return boolean
function M.accept(kind)
  local rest = drawn and rest_now()
  if not rest then
    return false
  end
  local text = parts[kind](rest.text)
  local is_whole = #text == #rest.text
  local item, row, column = rest.item, cursor()
  cancel()
  clear()
  local bufnr = api.nvim_get_current_buf()
  if is_whole and rest.replaced > 0 then
    api.nvim_buf_set_text(bufnr, row, column, row, column + rest.replaced, {})
  end
  -- As pasted text it is not indented again, and `.` repeats it.
  api.nvim_paste(text, false, -1)
  if is_whole then
    M.forget()
    if item.command then
      local params = { command = item.command.command, arguments = item.command.arguments }
      client.request("workspace/executeCommand", params, function() end, bufnr)
    end
  elseif item.command then
    local units = vim.fn.strutf16len(item.text:sub(1, rest.typed + #text))
    client.notify("textDocument/didPartiallyAcceptCompletion", {
      item = { insertText = item.text, command = item.command },
      acceptedLength = units,
    })
  end
  M.update()
  return true
end

--- Show another candidate. Where there is only one, more are asked for.
---@param step 1|-1
function M.cycle(step)
  local rest, fitting = rest_now()
  if not rest or not drawn then
    ask(INVOKED)
  elseif fitting == 1 then
    if #current.items == 1 and rest.typed == 0 then
      ask(INVOKED, step)
    end
  else
    local suggestion = assert(current)
    local shown = rest.item
    for index, item in ipairs(suggestion.items) do
      if item == shown then
        suggestion.index = index
      end
    end
    for _ = 1, #suggestion.items do
      suggestion.index = (suggestion.index - 1 + step) % #suggestion.items + 1
      local other = rest_now()
      if other and other.item == suggestion.items[suggestion.index] then
        draw(other, fitting)
        return
      end
    end
  end
end

--- Hide the suggestion until the text changes.
function M.dismiss()
  local bufnr = api.nvim_get_current_buf()
  dismissed = { bufnr = bufnr, tick = api.nvim_buf_get_changedtick(bufnr) }
  cancel()
  clear()
  current = nil
end

--- Ask now, whatever the options say.
function M.trigger()
  dismissed = nil
  ask(INVOKED)
end

local actions = {
  accept = function()
    return M.accept("all")
  end,
  accept_word = function()
    return M.accept("word")
  end,
  accept_line = function()
    return M.accept("line")
  end,
  next = function()
    M.cycle(1)
  end,
  prev = function()
    M.cycle(-1)
  end,
  dismiss = M.dismiss,
  trigger = M.trigger,
}
local accepting = { accept = true, accept_word = true, accept_line = true }
local mapped = {} ---@type { key: string, before: table }[]

--- Run what a key was mapped to before, where that is a function. For the mappings below.
---@param index integer
function M.run_before(index)
  mapped[index].before.callback()
end

--- Do what a key did before it was ours. Returns the keys for an `expr` mapping.
---@param index integer in `mapped`
---@return string
local function pass_through(index)
  local key, before = mapped[index].key, mapped[index].before
  if next(before) == nil then
    local direction = ({ ["<tab>"] = 1, ["<s-tab>"] = -1 })[key:lower()]
    if direction and vim.snippet and vim.snippet.active({ direction = direction }) then
      return ("<Cmd>lua vim.snippet.jump(%d)<CR>"):format(direction)
    end
    return key
  end
  if before.callback and before.expr ~= 1 then
    return ("<Cmd>lua require('dovetail.ghost').run_before(%d)<CR>"):format(index)
  end
  local keys = before.rhs
  if before.expr == 1 then
    keys = before.callback and before.callback() or api.nvim_eval(keys)
  end
  if type(keys) ~= "string" or keys == "" then
    return ""
  end
  if before.expr ~= 1 or before.replace_keycodes == 1 then
    keys = api.nvim_replace_termcodes(keys, true, true, true)
  end
  local own = api.nvim_replace_termcodes(key, true, true, true)
  local is_plain = before.noremap == 1 or vim.startswith(keys, own)
  api.nvim_feedkeys(keys, is_plain and "ni" or "mi", false)
  return ""
end

--- Run an action by the name of its key in the options, such as "accept_word". For mappings with `<Cmd>`.
---@param name string
---@param index? integer of our own mapping, whose key does what it did before if there is nothing to accept
function M.act(name, index)
  local done = actions[name]()
  if done == false and index then
    -- Neovim looks ahead: the mapping was evaluated before a letter right before its key was in the text.
    local keys = api.nvim_replace_termcodes(pass_through(index), true, true, true)
    api.nvim_feedkeys(keys, "ni", false)
  end
end

local function map(name, key)
  local before = vim.fn.maparg(key, "i", false, true)
  if before.buffer == 1 then -- a mapping of one buffer stays in force there by itself
    before = {}
    for _, each in ipairs(api.nvim_get_keymap("i")) do
      if each.lhsraw == api.nvim_replace_termcodes(key, true, true, true) then
        before = each
      end
    end
  end
  local index = #mapped + 1
  mapped[index] = { key = key, before = before }
  vim.keymap.set("i", key, function()
    local is_ours = name == "trigger" or M.is_visible()
    if not is_ours then
      return pass_through(index)
    end
    local command = ("<Cmd>lua require('dovetail.ghost').act('%s', %d)<CR>"):format(name, index)
    -- An undo takes back the accepted text, and neither what was typed before nor what is typed after it.
    return accepting[name] and "<C-g>u" .. command .. "<C-g>u" or command
  end, { expr = true, desc = "dovetail: " .. name })
end

--- Which of our keys are mapped to something else by now: pairs of the action's name and the key.
---@return { name: string, key: string }[]
function M.lost_keys()
  local lost = {}
  for name, key in pairs(config.current.suggestion.keymap) do
    if key and vim.fn.maparg(key, "i", false, true).desc ~= "dovetail: " .. name then
      lost[#lost + 1] = { name = name, key = key }
    end
  end
  return lost
end

local function define_highlights()
  api.nvim_set_hl(0, "DovetailGhost", { link = "Comment", default = true })
  api.nvim_set_hl(0, "DovetailGhostCount", { link = "NonText", default = true })
end

--- Take the keys back and remove what is shown.
function M.disable()
  M.forget()
  for index = #mapped, 1, -1 do
    local each = mapped[index]
    pcall(vim.keymap.del, "i", each.key)
    if next(each.before) then
      pcall(vim.fn.mapset, "i", false, each.before)
    end
  end
  mapped = {}
end

--- Follow the user's typing, and map the keys.
---@param group integer
function M.enable(group)
  define_highlights()
  local function on(events, callback, pattern)
    api.nvim_create_autocmd(events, { group = group, pattern = pattern, callback = callback })
  end
  local function update()
    M.update()
  end
  on({ "InsertEnter", "CursorMovedI", "TextChangedI", "TextChangedP", "CompleteDone" }, function(event)
    if event.event == "CompleteDone" or event.event == "InsertEnter" then
      seen = nil
      vim.schedule(update)
    else
      M.update()
    end
  end)
  on("CompleteChanged", function()
    if config.current.suggestion.hide_during_completion then
      cancel()
      clear()
    end
  end)
  on({ "InsertLeave", "BufLeave", "WinLeave" }, function()
    M.forget()
  end)
  on("ModeChanged", function()
    if not is_inserting() then
      cancel()
      clear()
      seen = nil
    end
  end, "i*:*")
  on({ "RecordingEnter", "RecordingLeave" }, function()
    seen = nil
    vim.schedule(update)
  end)
  on("ColorScheme", define_highlights)
  on("User", function()
    seen = nil
    vim.schedule(update)
  end, { "BlinkCmpMenuOpen", "BlinkCmpMenuClose" })
  on("LspAttach", function(event)
    local attached = vim.lsp.get_client_by_id(event.data.client_id)
    if attached and attached.name == "dovetail" then
      seen = nil
      vim.schedule(update)
    end
  end)
  for name, key in pairs(config.current.suggestion.keymap) do
    if key then
      map(name, key)
    end
  end
end

return M
