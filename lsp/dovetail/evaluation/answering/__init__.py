"""Who answers a task: the pipeline that serves editors, or a preset's own prompt."""
