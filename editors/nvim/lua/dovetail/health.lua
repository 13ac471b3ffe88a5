--- `:checkhealth dovetail`.
local M = {}

local health = vim.health

-- Plugins that show ghost text of their own, by what shows that they are loaded.
local others = {
  {
    name = "copilot.lua",
    is_loaded = function()
      return package.loaded["copilot"] ~= nil
    end,
  },
  {
    name = "copilot.vim",
    is_loaded = function()
      return vim.g.loaded_copilot ~= nil
    end,
  },
  {
    name = "codeium.vim",
    is_loaded = function()
      return vim.g.loaded_codeium ~= nil
    end,
  },
  {
    name = "supermaven-nvim",
    is_loaded = function()
      return package.loaded["supermaven-nvim"] ~= nil
    end,
  },
  {
    name = "minuet-ai.nvim",
    is_loaded = function()
      return package.loaded["minuet.virtualtext"] ~= nil
    end,
  },
  {
    name = "llama.vim",
    is_loaded = function()
      return vim.g.loaded_llama ~= nil
    end,
  },
}

local function check_editor()
  health.start("dovetail: Neovim")
  if vim.fn.has("nvim-0.10") == 0 then
    health.error("Neovim 0.10 or newer is needed", "install a newer Neovim")
    return
  end
  health.ok(("Neovim %s"):format(tostring(vim.version())))
  if require("dovetail").is_set_up() then
    health.ok("setup() was called")
  else
    health.error("setup() was not called", 'call require("dovetail").setup{} in your init.lua')
  end
end

--- Run a subcommand of the server's executable. Returns its result, or nil and why it did not run.
local function run(arguments, timeout)
  local server = require("dovetail.server")
  local cmd = server.subcommand(arguments) or vim.list_extend(server.command(), arguments)
  local ok, result = pcall(function()
    return vim.system(cmd, { text = true, timeout = timeout, env = { PYTHONPATH = "" } }):wait()
  end)
  if not ok then
    return nil, tostring(result)
  end
  return result
end

--- Check the executable. Returns whether it can be run.
local function check_executable()
  health.start("dovetail: server")
  local cmd, origin = require("dovetail.server").command()
  local path = vim.fn.exepath(cmd[1])
  if path == "" and origin == "option" then
    health.error(("`%s` of `server.cmd` cannot be run"):format(cmd[1]), {
      'correct it: require("dovetail").setup{ server = { cmd = { "/path/to/dovetail", "serve" } } }',
      "or leave it out, and `:Dovetail install`",
    })
    return false
  elseif path == "" then
    health.error("no server is installed", {
      "`:Dovetail install` installs it into an environment of its own",
      "or install it yourself: `uv tool install dovetail` or `pipx install dovetail`",
    })
    return false
  end
  local result, message = run({ "--version" }, 20000)
  if not result or result.code ~= 0 then
    local output = result and vim.trim((result.stderr or "") .. (result.stdout or "")) or message
    health.error(("%s does not start: %s"):format(path, vim.split(output, "\n")[1]), {
      origin == "environment" and "`:Dovetail install` installs it again"
        or "install it again into an environment of its own, or `:Dovetail install`",
    })
    return false
  end
  health.ok(("%s: %s"):format(path, vim.trim(result.stdout)))
  if cmd[#cmd] ~= "serve" then
    health.warn("`server.cmd` does not end with `serve`", "`:Dovetail rules` and `:Dovetail stats` need it to")
  end
  return true
end

local function check_running()
  local client = require("dovetail.client").get()
  local status = require("dovetail").status()
  if not client then
    if status.state == "failed" or status.state == "stopped" then
      health.error(
        ("the server is not running: %s"):format(status.message),
        "`:Dovetail log`, then `:Dovetail restart`"
      )
    else
      health.info("the server is not running yet: it starts with the first file of an enabled filetype")
    end
    return
  end
  local version = client.server_info and client.server_info.version or "unknown"
  health.ok(("running, version %s, with %d buffers"):format(version, vim.tbl_count(client.attached_buffers)))
  if status.state == "failed" then
    health.error(("the model %s failed: %s"):format(status.model, status.message), "`:Dovetail model` chooses another")
  elseif status.state == "ready" then
    health.ok(("the model %s is ready"):format(status.model))
  else
    health.info(("the model is %s"):format(status.state))
  end
  if require("dovetail.status").is_paused() then
    health.warn(require("dovetail.status").text():gsub("^dovetail: ", ""), "`:Dovetail resume`")
  end
end

--- Show the checks of `dovetail doctor`: the model and its speed, memory, settings, the project.
local function check_installation()
  health.start("dovetail: model, settings and project")
  local arguments = { "doctor", "--json" }
  local model = require("dovetail.config").current.server.settings.model
  if type(model) == "string" then
    vim.list_extend(arguments, { "--model", model })
  end
  local result, message = run(arguments, 60000)
  local ok, report = pcall(vim.json.decode, result and result.stdout or "")
  if not ok or type(report) ~= "table" or not report.checks then
    local output = result and vim.trim(result.stderr or "") or message
    health.error("`dovetail doctor` gave no report" .. (output ~= "" and ": " .. output or ""), {
      "run `dovetail doctor` in a terminal",
    })
    return
  end
  for _, check in ipairs(report.checks) do
    local text = ("%s: %s"):format(check.name, check.found)
    local fix = check.fix or check.mend -- as older servers name it
    local advice = fix ~= "" and { fix } or nil
    if check.verdict == "ok" then
      health.ok(text)
    elseif check.verdict == "warning" or check.verdict == "warn" then
      health.warn(text, advice)
    else
      health.error(text, advice)
    end
  end
end

local function check_rules()
  health.start("dovetail: context rules")
  local root = vim.fs.root(vim.fn.getcwd(), ".dovetail.toml")
  if not root then
    health.info("no .dovetail.toml in this folder or above: the defaults apply")
    return
  end
  local result, message = run({ "rules", "check", root }, 20000)
  if result and result.code == 0 then
    health.ok(root .. "/.dovetail.toml")
  else
    local output = result and vim.trim((result.stdout or "") .. (result.stderr or "")) or message
    health.error(("%s/.dovetail.toml: %s"):format(root, output), "open the file: each line at fault has a diagnostic")
  end
end

local function check_conflicts()
  health.start("dovetail: keys and other plugins")
  local suggestion = require("dovetail.config").current.suggestion
  if not suggestion.enabled then
    health.info("ghost text is off: `suggestion.enabled` is false")
    return
  end
  local found = false
  for _, other in ipairs(others) do
    if other.is_loaded() then
      found = true
      health.warn(
        ("%s is loaded and shows ghost text, too"):format(other.name),
        "switch off the ghost text of one of them"
      )
    end
  end
  if require("dovetail").is_set_up() then
    for _, lost in ipairs(require("dovetail.ghost.keys").lost()) do
      found = true
      health.warn(("%s does not reach `%s`: something else mapped it later"):format(lost.key, lost.name), {
        ("call setup() after that mapping, or choose another key: suggestion.keymap.%s"):format(lost.name),
      })
    end
  end
  if not found then
    health.ok("no other ghost text, and all keys are ours")
  end
end

local function check_log()
  health.start("dovetail: log")
  local file = vim.lsp.log and vim.lsp.log.get_filename and vim.lsp.log.get_filename() or vim.lsp.get_log_path()
  local stat = vim.uv.fs_stat(file)
  local megabytes = stat and stat.size / 1e6 or 0
  if megabytes > 100 then
    health.warn(("%s has %.0f MB"):format(file, megabytes), "delete it, and set vim.lsp.log.set_level('WARN')")
  else
    health.ok(("%s (%.1f MB)"):format(file, megabytes))
  end
end

--- Write the report.
function M.check()
  check_editor()
  if check_executable() then
    check_running()
    check_installation()
    check_rules()
  end
  check_conflicts()
  check_log()
end

return M
