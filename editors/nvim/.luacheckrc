std = "luajit"
globals = { "vim" }
-- Methods of sources and components have the parameters that their plugins give.
self = false
max_line_length = 120
