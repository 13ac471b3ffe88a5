--- Draws what is left of a suggestion at the cursor: the first line inline, further lines as virtual lines.
local M = {}

local place = require("dovetail.ghost.place")

local api = vim.api
local namespace = api.nvim_create_namespace("dovetail")
-- Longer ghost lines are cut on the screen; what is accepted is not.
local MAX_SHOWN_BYTES = 1000

local drawn_in ---@type integer? the buffer with ghost text

--- Define the highlight groups where the user has not.
function M.define_highlights()
  api.nvim_set_hl(0, "DovetailGhost", { link = "Comment", default = true })
  api.nvim_set_hl(0, "DovetailGhostCount", { link = "NonText", default = true })
end

--- Whether ghost text is drawn.
---@return boolean
function M.is_drawn()
  return drawn_in ~= nil
end

--- Remove the ghost text.
function M.clear()
  if drawn_in then
    if api.nvim_buf_is_valid(drawn_in) then
      api.nvim_buf_clear_namespace(drawn_in, namespace, 0, -1)
    end
    drawn_in = nil
  end
end

--- Return a text with its tabs as wide as they would be from a display column on.
---@param text string
---@param from integer display column
---@param width integer of a tab
---@return string
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

--- Return at most MAX_SHOWN_BYTES of a line, cut between characters.
---@param text string
---@return string
local function shortened(text)
  if #text <= MAX_SHOWN_BYTES then
    return text
  end
  return text:sub(1, MAX_SHOWN_BYTES + vim.str_utf_start(text, MAX_SHOWN_BYTES + 1)) .. "..."
end

--- Return where the first line of the suggestion repeats the replaced text, searched from its right end: for each byte
--- of the replaced text its index in the line. Nil if the line does not repeat it.
---@param first string
---@param replaced string
---@return integer[]?
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

--- Limit the ghost text to the current window: the same buffer in another window has another cursor.
local function scope_to_window()
  local scope = api.nvim__ns_set -- an unstable function, which Neovim 0.10 does not have
  if scope then
    pcall(scope, namespace, { wins = { api.nvim_get_current_win() } })
  end
end

---@class dovetail.Canvas
---@field bufnr integer
---@field row integer
---@field column integer
---@field line string the cursor's line
---@field tab_width integer

---@param canvas dovetail.Canvas
---@param column integer counted in bytes
---@param options table of the extmark
local function mark(canvas, column, options)
  -- Combined, it would take on the look of the character beside it, such as MatchParen.
  options.hl_mode = "replace"
  options.strict = false
  -- Without this, an undo would bring old marks back.
  options.undo_restore = false
  api.nvim_buf_set_extmark(canvas.bufnr, namespace, canvas.row, column, options)
end

--- Draw the first line over the text that it replaces, and what follows again after it.
---@param canvas dovetail.Canvas
---@param first string
---@param replaced string
local function draw_over(canvas, first, replaced)
  local before = vim.fn.strdisplaywidth(canvas.line:sub(1, canvas.column))
  local ghost = expanded(shortened(first), before, canvas.tab_width)
  local tail = canvas.line:sub(canvas.column + #replaced + 1)
  local chunks = { { ghost, "DovetailGhost" } }
  if tail ~= "" then
    chunks[#chunks + 1] = { tail, "Normal" }
  end
  local uncovered = vim.fn.strdisplaywidth(replaced) - vim.fn.strdisplaywidth(ghost)
  if uncovered > 0 then
    chunks[#chunks + 1] = { (" "):rep(uncovered), "Normal" }
  end
  mark(canvas, canvas.column, { virt_text = chunks, virt_text_pos = "overlay" })
end

--- Draw the first line as pieces between the characters that stay.
---@param canvas dovetail.Canvas
---@param first string
---@param kept integer[] indexes in `first` of the characters that stay
---@param count? table the chunk with the candidate's number
local function draw_between(canvas, first, kept, count)
  local from, column = 1, canvas.column
  local display = vim.fn.strdisplaywidth(canvas.line:sub(1, column))
  local function piece(text, last_chunk)
    local chunks = {}
    if text ~= "" then
      chunks[1] = { expanded(shortened(text), display, canvas.tab_width), "DovetailGhost" }
      display = display + vim.fn.strdisplaywidth(chunks[1][1])
    end
    chunks[#chunks + 1] = last_chunk
    if #chunks > 0 then
      mark(canvas, column, { virt_text = chunks, virt_text_pos = "inline" })
    end
  end
  for _, index in ipairs(kept) do
    piece(first:sub(from, index - 1))
    from, column, display = index + 1, column + 1, display + 1
  end
  piece(first:sub(from), count)
end

--- Draw what is left of a suggestion at the cursor, instead of what was drawn before.
---@param rest dovetail.Rest
---@param index integer of the candidate
---@param candidates integer how many there are
function M.show(rest, index, candidates)
  M.clear()
  scope_to_window()
  local bufnr, row, column = api.nvim_get_current_buf(), place.cursor()
  local line = place.line_at(bufnr, row)
  local canvas = { bufnr = bufnr, row = row, column = column, line = line, tab_width = vim.bo[bufnr].tabstop }
  local lines = vim.split(rest.text, "\n", { plain = true })
  local count = rest.fitting > 1 and { (" (%d/%d)"):format(index, candidates), "DovetailGhostCount" } or nil

  local virtual_lines = {}
  for number = 2, #lines do
    virtual_lines[number - 1] = { { expanded(shortened(lines[number]), 0, canvas.tab_width), "DovetailGhost" } }
  end
  if count and #virtual_lines > 0 then
    table.insert(virtual_lines[#virtual_lines], count)
    count = nil
  end

  local replaced = line:sub(column + 1, column + rest.replaced)
  local kept = kept_bytes(lines[1], replaced)
  if kept then
    draw_between(canvas, lines[1], kept, count)
  else
    draw_over(canvas, lines[1], replaced)
  end
  if #virtual_lines > 0 then
    mark(canvas, column, { virt_lines = virtual_lines })
  end
  drawn_in = bufnr
end

return M
