--- `:Dovetail install`: makes an environment with uv or venv, installs the server into it, and starts it.
local M = {}

local environment = require("dovetail.install.environment")
local log = require("dovetail.install.log")
local plan = require("dovetail.install.plan")
local status = require("dovetail.status")

local STEP_MS = 3600000 -- building llama.cpp on a slow machine
local PROBE_MS = 30000
local KEPT_CHARACTERS = 200000 -- of a step's output, to find the reason of a failure in
local IS_WINDOWS = vim.fn.has("win32") == 1

---@class dovetail.Installation
---@field process? vim.SystemObj
---@field is_stopped boolean

local running ---@type dovetail.Installation?

local function say(text, level)
  vim.notify("dovetail: " .. text, level or vim.log.levels.INFO)
end

--- Return the environment's variables without those that could make Python import somebody else's modules.
---@return table<string, string>
local function clean_environment()
  local clean, lines = {}, {}
  for name, value in pairs(vim.fn.environ()) do
    local upper = name:upper()
    if not vim.startswith(upper, "PYTHON") and upper ~= "__PYVENV_LAUNCHER__" then
      clean[name] = value
      lines[#lines + 1] = name .. "=" .. value
    end
  end
  -- With `clear_env`, Neovim 0.10 passes the variables on as they are, and libuv takes lines only.
  return vim.fn.has("nvim-0.11") == 1 and clean or lines
end

--- Run a command, from within a coroutine. Returns its status and its output.
---@param installation dovetail.Installation
---@param command string[]
---@param limit_ms integer
---@param on_output? fun(text: string)
---@return integer status
---@return string output
local function run(installation, command, limit_ms, on_output)
  local thread = assert(coroutine.running())
  local output = ""
  local hear = vim.schedule_wrap(function(_, text)
    if text then
      output = (output .. text):sub(-KEPT_CHARACTERS)
      if on_output then
        on_output(text)
      end
    end
  end)
  local options = {
    text = true,
    stdout = hear,
    stderr = hear,
    timeout = limit_ms,
    clear_env = true,
    env = clean_environment(),
    detach = not IS_WINDOWS, -- a group of its own, so that a compiler ends with its installer
  }
  local ok, process = pcall(
    vim.system,
    command,
    options,
    vim.schedule_wrap(function(done)
      installation.process = nil
      coroutine.resume(thread, done.code ~= 0 and done.code or done.signal, output)
    end)
  )
  if not ok then
    return 127, tostring(process)
  end
  installation.process = process
  local code = coroutine.yield()
  return code, output
end

---@param installation dovetail.Installation
---@return dovetail.Tools
local function find_tools(installation)
  local uv = run(installation, { "uv", "--version" }, PROBE_MS) == 0 and "uv" or nil
  for _, python in ipairs(plan.python_commands(IS_WINDOWS)) do
    local command = vim.list_extend(vim.deepcopy(python), { "--version" })
    local code, output = run(installation, command, PROBE_MS)
    if code == 0 and plan.is_new_enough(output) then
      return { uv = uv, python = python }
    end
  end
  return { uv = uv }
end

--- Run the steps in order. Returns the output of the step that failed, or nil.
---@param installation dovetail.Installation
---@param steps dovetail.Step[]?
---@return string?
local function run_steps(installation, steps)
  if not steps then
    return plan.NO_PYTHON
  end
  for number, step in ipairs(steps) do
    if installation.is_stopped then
      return "stopped"
    end
    local title = ("%s (%d of %d)"):format(step.title, number, #steps)
    status.set({ installing = title })
    say(title)
    log.add(("\n== %s\n%s\n"):format(title, table.concat(step.command, " ")))
    local code, output = run(installation, step.command, STEP_MS, log.add)
    if code ~= 0 or installation.is_stopped then
      return output == "" and "no output" or output
    end
  end
  return nil
end

--- Ask whether llama.cpp may be compiled, from within a coroutine.
---@return boolean
local function ask_to_build()
  local thread = assert(coroutine.running())
  local build = "Build it here"
  vim.ui.select({ build, "Cancel" }, {
    prompt = "No ready-made build of llama.cpp fits this machine. Build it here? "
      .. "This needs a C++ compiler and some minutes.",
  }, function(choice)
    vim.schedule(function()
      coroutine.resume(thread, choice == build)
    end)
  end)
  return coroutine.yield()
end

--- Install into a new folder and switch to it at the end. Returns a failure in one line, or nil.
---@param installation dovetail.Installation
---@return string?
local function install(installation)
  local problem = environment.prepare()
  if problem then
    log.add(problem .. "\n")
    return plan.failure_reason(problem)
  end
  local name, folder = environment.new_folder()
  local machine = vim.uv.os_uname()
  local goal = {
    folder = folder,
    python = environment.python_in(folder),
    source = require("dovetail.config").current.server.install_from,
    index = plan.wheel_index(machine.sysname, machine.machine),
    may_compile = false,
  }
  if vim.uv.fs_stat(vim.fs.normalize(goal.source)) then
    goal.source = vim.fn.fnamemodify(vim.fs.normalize(goal.source), ":p")
  end
  local tools = find_tools(installation)
  local failure = run_steps(installation, plan.steps(tools, goal))
  local reason
  if failure and not installation.is_stopped and plan.needs_compiler(failure) then
    if ask_to_build() then
      goal.may_compile = true
      failure = run_steps(installation, plan.steps(tools, goal))
    else
      reason = "llama.cpp was not built: install again to be asked again."
    end
  end
  if installation.is_stopped then
    reason = "The installation was stopped: `:Dovetail install` begins again."
  end
  if failure then
    environment.remove(folder)
    return reason or plan.failure_reason(failure)
  end
  problem = environment.use(name)
  return problem and plan.failure_reason(problem)
end

--- Start the server that was installed, and say what keeps it from being used.
local function use()
  environment.remove_replaced(os.time())
  local server = require("dovetail.server")
  local command, origin = server.command()
  if origin ~= "environment" then
    local first = origin == "option" and "`server.cmd`" or ("`%s` on PATH"):format(vim.fn.exepath(command[1]))
    say(("installed, but %s comes first: remove it to use what was installed"):format(first), vim.log.levels.WARN)
  elseif require("dovetail").is_set_up() then
    require("dovetail.client").restart()
    say("installed: the server is started")
  else
    say('installed: call require("dovetail").setup{} in your init.lua')
  end
end

--- Install the server. Says each step, and shows the log.
function M.start()
  if running then
    say("an installation is running already: `:Dovetail! install` stops it", vim.log.levels.WARN)
    return
  end
  local installation = { is_stopped = false }
  running = installation
  log.clear()
  log.show()
  vim.api.nvim_create_autocmd("VimLeavePre", {
    group = vim.api.nvim_create_augroup("dovetail-install", { clear = true }),
    callback = function()
      M.interrupt()
    end,
  })
  local thread = coroutine.create(function()
    local ok, failure = xpcall(install, debug.traceback, installation)
    running = nil
    status.set({ installing = vim.NIL })
    if ok and not failure then
      log.add("\n== Done\n")
      use()
      return
    end
    if not ok then
      log.add(failure .. "\n")
      failure = "The installation failed: `:Dovetail install log` has the details."
    end
    log.add("\n== " .. failure .. "\n")
    say(failure, vim.log.levels.ERROR)
  end)
  assert(coroutine.resume(thread))
end

--- Stop the installation that runs.
function M.stop()
  if not running then
    say("no installation is running: `:Dovetail install` starts one", vim.log.levels.WARN)
    return
  end
  M.interrupt()
end

--- Stop the installation that runs, if there is one, without a word. For the end of Neovim.
function M.interrupt()
  local installation = running
  if not installation then
    return
  end
  installation.is_stopped = true
  local process = installation.process
  if process and IS_WINDOWS then
    process:kill("sigterm")
  elseif process then
    vim.uv.kill(-process.pid, "sigterm")
  end
end

--- Show the log of the last installation.
function M.show_log()
  log.show()
end

--- Whether an installation is running.
---@return boolean
function M.is_running()
  return running ~= nil
end

return M
