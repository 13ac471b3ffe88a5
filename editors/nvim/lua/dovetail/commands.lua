--- `:Dovetail`: what each subcommand does, and completion of their names.
local M = {}

local client = require("dovetail.client")
local config = require("dovetail.config")
local status = require("dovetail.status")

local function say(text, level)
  vim.notify("dovetail: " .. text, level or vim.log.levels.INFO)
end

local function fail(text)
  say(text, vim.log.levels.WARN)
end

--- Show lines in a split that `q` closes.
local function show(title, lines, filetype)
  local bufnr = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, vim.split(table.concat(lines, "\n"), "\n", { plain = true }))
  vim.bo[bufnr].bufhidden = "wipe"
  vim.bo[bufnr].modifiable = false
  vim.bo[bufnr].filetype = filetype or ""
  pcall(vim.api.nvim_buf_set_name, bufnr, "dovetail://" .. title)
  vim.cmd("botright split")
  vim.api.nvim_win_set_buf(0, bufnr)
  vim.api.nvim_win_set_height(0, math.max(3, math.min(vim.api.nvim_buf_line_count(bufnr), math.floor(vim.o.lines / 2))))
  vim.keymap.set("n", "q", "<Cmd>close<CR>", { buffer = bufnr, nowait = true, desc = "close" })
end

--- Open a page in the browser. It holds the user's code, so only they can read its file.
local function browse(title, html)
  local folder = vim.fn.stdpath("cache") .. "/dovetail"
  vim.fn.mkdir(folder, "p", 448)
  local file = ("%s/%s.html"):format(folder, title)
  local handle = assert(vim.uv.fs_open(file, "w", 384))
  vim.uv.fs_write(handle, html)
  vim.uv.fs_close(handle)
  local _, message = vim.ui.open(file)
  if message then
    fail(("the page is %s, but no browser was found: %s"):format(file, message))
  end
end

--- Ask the server; `callback` gets its answer. An error is shown.
local function ask(method, params, callback)
  local asked = client.request(method, params, function(error, result)
    if error then
      fail(("%s: %s"):format(method, error.message or vim.inspect(error)))
    else
      callback(result)
    end
  end)
  if not asked then
    fail("no server is running: open a file of an enabled filetype, or see `:checkhealth dovetail`")
  end
end

local function document()
  return { uri = vim.uri_from_bufnr(0) }
end

local function is_null(value)
  return value == nil or value == vim.NIL
end

--- Run another subcommand of the server's executable; `callback` gets its output.
local function run_cli(arguments, callback)
  local cmd = require("dovetail.server").subcommand(arguments)
  if not cmd then
    fail("`server.cmd` does not end with `serve`, so its other commands cannot be run: correct it")
    return
  end
  local ok, message = pcall(vim.system, cmd, { text = true, env = { PYTHONPATH = "" } }, function(done)
    vim.schedule(function()
      callback(vim.trim(done.stdout or ""), vim.trim(done.stderr or ""), done.code)
    end)
  end)
  if not ok then
    fail(("`%s` cannot be run: %s"):format(cmd[1], message))
  end
end

local function show_cli(title, arguments)
  run_cli(arguments, function(output, errors)
    show(title, { output ~= "" and output or errors })
  end)
end

local function pause(params)
  ask("dovetail/pause", params, function(result)
    if not is_null(result) then
      status.set(vim.tbl_extend("keep", result, { snoozedUntil = vim.NIL }))
    end
    require("dovetail.ghost").forget()
    say(status.text():gsub("^dovetail: ", ""))
  end)
end

local function choose_model(name)
  client.configure({ model = name })
  say(("switching to the model %s"):format(name))
end

local function size(bytes)
  return bytes >= 1e9 and ("%.1f GB"):format(bytes / 1e9) or ("%.0f MB"):format(bytes / 1e6)
end

local function model(name)
  if name then
    choose_model(name)
    return
  end
  ask("dovetail/models", vim.empty_dict(), function(result)
    vim.ui.select(result.models, {
      prompt = "Model",
      format_item = function(each)
        local notes = { size(each.bytes) }
        if each.current then
          notes[#notes + 1] = "current"
        end
        if not each.fits then
          notes[#notes + 1] = "needs more memory than this machine has"
        end
        return ("%s (%s)"):format(each.name, table.concat(notes, ", "))
      end,
    }, function(chosen)
      if chosen then
        choose_model(chosen.name)
      end
    end)
  end)
end

local function why_lines(answer)
  local account, lines = answer.why, {}
  local function section(title, entries)
    if #entries > 0 then
      lines[#lines + 1] = (#lines > 0 and "\n" or "") .. "# " .. title
      vim.list_extend(lines, entries)
    end
  end
  local function each(list, format)
    return vim.tbl_map(format, is_null(list) and {} or list)
  end
  section("suggestion", { answer.text == "" and "(nothing was shown)" or answer.text })
  section("decision", {
    ("%s:%d:%d, model %s: %s"):format(answer.path, answer.line, answer.column, answer.model, account.decision),
    account.remembered and "answered without the model" or nil,
  })
  section("steps", account.steps)
  section(
    "tokens",
    each(account.blocks, function(block)
      return ("%6d  %s  %s"):format(block.tokens, block.title, block.reason)
    end)
  )
  section(
    "left out",
    each(account.not_taken, function(left)
      return ("%s: %s; %s"):format(left.where, left.found, left.rule)
    end)
  )
  section("problems", account.problems)
  section(
    "milliseconds",
    each(account.phases, function(phase)
      return ("%8.1f  %s: %s"):format(phase.ms, phase.name, phase.detail)
    end)
  )
  return lines
end

local function context_lines(answer)
  local lines = { ("%d of %d tokens, %.1f ms"):format(answer.tokens, answer.budget, answer.ms) }
  for _, item in ipairs(answer.items) do
    lines[#lines + 1] = ("\n# %s:%d-%d  %d tokens  %s: %s"):format(
      item.path,
      item.start_line,
      item.end_line,
      item.tokens,
      item.kind,
      item.reason
    )
    lines[#lines + 1] = item.text
  end
  return lines
end

local function account(title, method, params, lines_of, nothing)
  return function(_, bang)
    local filetype = vim.bo.filetype
    local own = params()
    own.html = bang or nil
    ask(method, own, function(result)
      if is_null(result) then
        say(nothing)
      elseif bang then
        browse(title, result.html)
      else
        show(title, lines_of(result), title == "context" and filetype or "markdown")
      end
    end)
  end
end

---@class dovetail.Subcommand
---@field run fun(arguments: string[], bang: boolean)
---@field sentence string
---@field complete? fun(): string[]

local function languages()
  local found = vim.tbl_keys(config.current.filetypes)
  table.sort(found)
  return found
end

---@type table<string, dovetail.Subcommand>
M.subcommands = {
  status = {
    sentence = "Show the state of the server and its model.",
    run = function()
      say(table.concat(status.lines(), "\n"):gsub("^dovetail: ", ""))
    end,
  },
  pause = {
    sentence = "Suggest nothing, everywhere or in one language: `pause [LANGUAGE]`.",
    complete = languages,
    run = function(arguments)
      pause({ paused = true, language = arguments[1] })
    end,
  },
  resume = {
    sentence = "Suggest again, everywhere or in one language; also ends a snooze: `resume [LANGUAGE]`.",
    complete = languages,
    run = function(arguments)
      pause({ paused = false, language = arguments[1], minutes = arguments[1] == nil and 0 or nil })
    end,
  },
  snooze = {
    sentence = "Suggest nothing for N minutes: `snooze N`; 0 ends it.",
    complete = function()
      return { "5", "15", "30", "60" }
    end,
    run = function(arguments)
      local minutes = tonumber(arguments[1] or "30")
      if not minutes or minutes < 0 then
        fail(("`snooze` takes a number of minutes, not %q"):format(arguments[1]))
        return
      end
      pause({ minutes = minutes })
    end,
  },
  toggle = {
    sentence = "Pause or resume everywhere.",
    run = function()
      pause({ paused = not status.get().paused })
    end,
  },
  model = {
    sentence = "Choose another model from a list, or by name: `model [NAME]`.",
    run = function(arguments)
      model(arguments[1])
    end,
  },
  why = {
    sentence = "Show how the last suggestion in this file came to be; with `!` as a page in the browser.",
    run = account("why", "dovetail/why", function()
      return { textDocument = document() }
    end, why_lines, "nothing was suggested in this file yet"),
  },
  context = {
    sentence = "Show what the model would see of other files here; with `!` as a page in the browser.",
    run = account("context", "dovetail/context", function()
      local place = vim.api.nvim_win_get_cursor(0)
      local line = vim.api.nvim_get_current_line()
      return {
        textDocument = document(),
        position = { line = place[1] - 1, character = client.client_column(line, place[2]) },
      }
    end, context_lines, "nothing of other files may be shown here"),
  },
  rules = {
    sentence = "Show which context rules apply to this file.",
    run = function()
      local file = vim.api.nvim_buf_get_name(0)
      if file == "" then
        fail("this buffer has no file, so no rules apply to it")
        return
      end
      show_cli("rules", { "rules", "explain", file })
    end,
  },
  stats = {
    sentence = "Show what became of the suggestions on this machine; with `!` as a page in the browser.",
    run = function(_, bang)
      local params = bang and { html = true } or vim.empty_dict()
      ask("dovetail/statistics", params, function(result)
        if bang then
          browse("stats", result.html)
        else
          show_cli("stats", { "stats" })
        end
      end)
    end,
  },
  install = {
    sentence = "Install the server into an environment of its own; `install log` shows the log, `!` stops it.",
    complete = function()
      return { "log" }
    end,
    run = function(arguments, bang)
      local install = require("dovetail.install")
      if bang then
        install.stop()
      elseif arguments[1] == "log" then
        install.show_log()
      else
        install.start()
      end
    end,
  },
  log = {
    sentence = "Open the log of Neovim's language clients, which holds the server's messages.",
    run = function()
      local file = vim.lsp.log and vim.lsp.log.get_filename and vim.lsp.log.get_filename() or vim.lsp.get_log_path()
      vim.cmd.tabnew(vim.fn.fnameescape(file))
      vim.bo.readonly = true
      vim.cmd("normal! G")
    end,
  },
  restart = {
    sentence = "Stop the server and start it again.",
    run = function()
      client.restart()
      say("the server is started again")
    end,
  },
}

--- Run `:Dovetail ...`; without a subcommand it is `status`.
---@param command { fargs: string[], bang: boolean }
function M.run(command)
  local name = command.fargs[1] or "status"
  local subcommand = M.subcommands[name]
  if not subcommand then
    fail(("there is no subcommand %q: try %s"):format(name, table.concat(M.complete("", "Dovetail "), ", ")))
    return
  end
  subcommand.run(vim.list_slice(command.fargs, 2), command.bang)
end

--- Complete a subcommand's name, or its argument.
---@param lead string
---@param line string
---@return string[]
function M.complete(lead, line)
  local words = vim.split(vim.trim(line), "%s+")
  local entered = #words - (lead == "" and 0 or 1)
  local candidates = {}
  if entered <= 1 then
    candidates = vim.tbl_keys(M.subcommands)
  elseif entered == 2 and M.subcommands[words[2]] and M.subcommands[words[2]].complete then
    candidates = M.subcommands[words[2]].complete()
  end
  table.sort(candidates)
  return vim.tbl_filter(function(name)
    return vim.startswith(name, lead)
  end, candidates)
end

return M
