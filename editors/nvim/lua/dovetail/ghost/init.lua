--- Ghost text: shows a suggestion at the cursor in Insert mode while it fits the text, and acts on it.
---
--- This module follows the user's typing. `ask.lua` speaks to the server, `suggestion.lua` knows what is left of the
--- answer, `place.lua` whether it may be shown here, `draw.lua` shows it, `accept.lua` inserts it, `keys.lua` maps the keys.
local M = {}

local accept = require("dovetail.ghost.accept")
local ask = require("dovetail.ghost.ask")
local client = require("dovetail.client")
local config = require("dovetail.config")
local draw = require("dovetail.ghost.draw")
local keys = require("dovetail.ghost.keys")
local place = require("dovetail.ghost.place")
local suggestion = require("dovetail.ghost.suggestion")

local api = vim.api

---@class dovetail.Seen the text and cursor at the last update
---@field bufnr integer
---@field tick integer
---@field row integer
---@field column integer

local seen ---@type dovetail.Seen?
local dismissed ---@type { bufnr: integer, tick: integer }?
local follows_cmp = false

M.act = keys.act

--- Show what is left of the suggestion. Returns false where nothing fits.
---@return boolean
local function show()
  local rest, current = suggestion.rest(), suggestion.get()
  if not rest or not current then
    return false
  end
  draw.show(rest, current.index, #current.items)
  accept.report_shown(rest.item)
  return true
end

---@param received dovetail.Suggestion
local function receive(received)
  suggestion.set(received)
  show()
end

local function hide()
  ask.cancel()
  draw.clear()
end

--- Look at the text again, whatever was seen before.
local function look_again()
  seen = nil
  M.update()
end

local look_again_soon = vim.schedule_wrap(look_again)

--- Follow nvim-cmp's menu, which has no autocommands, as soon as the plugin is loaded.
local function follow_cmp()
  local cmp = package.loaded["cmp"]
  if follows_cmp or not cmp or not cmp.event then
    return
  end
  follows_cmp = true
  for _, event in ipairs({ "menu_opened", "menu_closed" }) do
    cmp.event:on(event, look_again_soon)
  end
end

--- Show what is left of the suggestion, or ask for another. Called after every change of text or cursor.
function M.update()
  follow_cmp()
  local bufnr = api.nvim_get_current_buf()
  if not place.is_fit(bufnr) then
    hide()
    seen = nil
    return
  end
  local row, column = place.cursor()
  local tick = api.nvim_buf_get_changedtick(bufnr)
  if seen and seen.bufnr == bufnr and seen.tick == tick and seen.row == row and seen.column == column then
    return
  end
  seen = { bufnr = bufnr, tick = tick, row = row, column = column }
  ask.cancel()
  if dismissed and (dismissed.bufnr ~= bufnr or dismissed.tick ~= tick) then
    dismissed = nil
  end
  if show() then
    return
  end
  draw.clear()
  if not dismissed and config.current.suggestion.auto_trigger then
    ask.later(config.current.suggestion.debounce, receive)
  end
end

--- Hide everything and forget it.
function M.forget()
  hide()
  suggestion.set(nil)
  seen = nil
end

--- Return what is left of the suggestion that is shown, or nil.
---@return dovetail.Rest?
local function shown_rest()
  return draw.is_drawn() and suggestion.rest() or nil
end

--- Whether ghost text is on the screen and fits the text as it is now.
---@return boolean
function M.is_visible()
  return shown_rest() ~= nil
end

--- Return what is left of the suggestion, or nil.
---@return string?
function M.text()
  local rest = shown_rest()
  return rest and rest.text or nil
end

--- Insert a part of the suggestion. Returns false where nothing is shown.
---@param part dovetail.Part
---@return boolean
function M.accept(part)
  local rest = shown_rest()
  if not rest then
    return false
  end
  hide()
  if accept.insert(rest, part) then
    M.forget()
  end
  M.update()
  return true
end

--- Show another candidate. Where there is only one, ask for more.
---@param step 1|-1
function M.cycle(step)
  local rest, current = shown_rest(), suggestion.get()
  if not rest or not current then
    ask.now(ask.INVOKED, receive)
  elseif rest.fitting > 1 then
    suggestion.turn(step)
    show()
  elseif #current.items == 1 and rest.typed == 0 then
    ask.now(ask.INVOKED, function(received)
      received.index = step % #received.items + 1
      receive(received)
    end)
  end
end

--- Hide the suggestion until the text changes, and report that to the server.
function M.dismiss()
  local bufnr = api.nvim_get_current_buf()
  if shown_rest() then
    client.sync(bufnr)
    client.notify("dovetail/dismissed", { textDocument = { uri = vim.uri_from_bufnr(bufnr) } })
  end
  dismissed = { bufnr = bufnr, tick = api.nvim_buf_get_changedtick(bufnr) }
  hide()
  suggestion.set(nil)
end

--- Ask now, even if `suggestion.auto_trigger` is false or the suggestion was dismissed.
function M.trigger()
  dismissed = nil
  ask.now(ask.INVOKED, receive)
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

--- Give the keys back and remove what is shown.
function M.disable()
  M.forget()
  keys.disable()
end

--- Follow the user's typing, and map the keys.
---@param group integer of the autocommands
function M.enable(group)
  draw.define_highlights()
  local function on(events, callback, pattern)
    api.nvim_create_autocmd(events, {
      group = group,
      pattern = pattern,
      callback = function(event)
        callback(event)
      end,
    })
  end
  on({ "CursorMovedI", "TextChangedI", "TextChangedP" }, M.update)
  on({ "InsertEnter", "CompleteDone", "RecordingEnter", "RecordingLeave" }, look_again_soon)
  on("User", look_again_soon, { "BlinkCmpMenuOpen", "BlinkCmpMenuClose" })
  on("CompleteChanged", function()
    if config.current.suggestion.hide_during_completion then
      hide()
    end
  end)
  on({ "InsertLeave", "BufLeave", "WinLeave" }, M.forget)
  on("ModeChanged", function()
    if not place.is_inserting() then
      hide()
      seen = nil
    end
  end, "i*:*")
  on("ColorScheme", draw.define_highlights)
  on("LspAttach", function(event)
    local attached = vim.lsp.get_client_by_id(event.data.client_id)
    if attached and attached.name == "dovetail" then
      look_again_soon()
    end
  end)
  keys.enable(config.current.suggestion.keymap, { run = actions, is_visible = M.is_visible })
end

return M
