--- What the server last reported about itself, for status lines and `:Dovetail status`.
local M = {}

---@class dovetail.Status
---@field state "off"|"starting"|"loading"|"ready"|"failed"|"stopped"
---@field model string
---@field message string
---@field indexing boolean
---@field progress? integer percent of the project that is indexed
---@field busy boolean whether a completion takes longer than 0.15 s
---@field paused boolean
---@field pausedLanguages string[]
---@field snoozedUntil? number seconds of Unix time
---@field installing? string the step of an installation that is running

---@return dovetail.Status
local function nothing()
  return {
    state = "off",
    model = "",
    message = "",
    indexing = false,
    busy = false,
    paused = false,
    pausedLanguages = {},
  }
end

local current = nothing()

--- Return a copy of the status.
---@return dovetail.Status
function M.get()
  return vim.deepcopy(current)
end

--- Set fields of the status, and notify everyone who shows it.
---@param fields table<string, any>
function M.set(fields)
  local before = vim.deepcopy(current)
  for name, value in pairs(fields) do
    if value == vim.NIL then
      current[name] = nil
    else
      current[name] = value
    end
  end
  if vim.deep_equal(before, current) then
    return
  end
  local on_status = require("dovetail.config").current.on_status
  if on_status then
    local ok, message = pcall(on_status, M.get())
    if not ok then
      vim.notify_once("dovetail: the option `on_status` failed: " .. tostring(message), vim.log.levels.WARN)
    end
  end
  vim.api.nvim_exec_autocmds("User", { pattern = "DovetailStatus", data = M.get(), modeline = false })
  vim.cmd.redrawstatus()
end

--- Forget the server: it is not running.
---@param state "off"|"stopped"|"failed"
---@param message? string
function M.reset(state, message)
  local fields = nothing() ---@type table<string, any>
  fields.state, fields.message = state, message or ""
  fields.progress, fields.snoozedUntil = vim.NIL, vim.NIL
  M.set(fields)
end

--- Whether something keeps suggestions away in a language now.
---@param language? string
---@return boolean
function M.is_paused(language)
  local snoozed = current.snoozedUntil ~= nil and os.time() < current.snoozedUntil
  return current.paused or snoozed or (language ~= nil and vim.tbl_contains(current.pausedLanguages, language))
end

--- Return a short text for a status line, such as "dovetail: ready".
---@return string
function M.text()
  local status = current
  if status.installing then
    return "dovetail: installing"
  end
  if status.state == "ready" then
    if status.paused then
      return "dovetail: paused"
    end
    if status.snoozedUntil and os.time() < status.snoozedUntil then
      return ("dovetail: snoozed until %s"):format(os.date("%H:%M", math.floor(status.snoozedUntil)))
    end
    if status.busy then
      return "dovetail: working"
    end
    if status.indexing then
      return status.progress and ("dovetail: indexing %d%%"):format(status.progress) or "dovetail: indexing"
    end
  end
  return "dovetail: " .. status.state
end

--- Return the status as lines to read.
---@return string[]
function M.lines()
  local status = current
  local lines = { M.text() }
  if status.installing then
    lines[#lines + 1] = status.installing
  end
  if status.model ~= "" then
    lines[#lines + 1] = "model: " .. status.model
  end
  if status.message ~= "" then
    lines[#lines + 1] = status.message
  end
  if #status.pausedLanguages > 0 then
    lines[#lines + 1] = "paused in " .. table.concat(status.pausedLanguages, ", ") .. ": `:Dovetail resume LANGUAGE`"
  end
  if status.state == "off" then
    lines[#lines + 1] = "no server is running: open a file of an enabled filetype, or see `:checkhealth dovetail`"
  end
  return lines
end

return M
