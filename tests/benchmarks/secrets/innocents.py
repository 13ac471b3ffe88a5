"""Lines that look as if they held a secret, and do not: look-ups, placeholders, types, words, paths, names of things.

They are put together from names of secrets and values in the same two halves as `placements.py`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from tests.benchmarks.secrets.placements import HALVES, STYLES, names_of

LINES = (
    ("a.py", "snake", '«N» = os.environ["«U»"]\n'),
    ("a.py", "snake", '«N» = settings.get("database.«N»")\n'),
    ("a.py", "snake", "«N» = getpass.getpass()\n"),
    ("a.py", "snake", "self.«N» = «N»\n"),
    ("a.py", "snake", "connect(«N»=args.«N», timeout=30)\n"),
    ("a.py", "snake", "def connect(host: str, «N»: str | None = None) -> None: ...\n"),
    ("a.py", "snake", "«N»: SecretStr = Field(..., description='The «N» of account 2')\n"),
    ("a.py", "snake", '«N» = f"{prefix}-{user_id}"\n'),
    ("a.py", "snake", '«N» = ""\n'),
    ("a.py", "snake", '«N»_field = "«N»1"\n'),
    ("a.py", "snake", 'raise ValueError("«N» must have 8 characters")\n'),
    ("a.py", "snake", '@click.option("--«N»", envvar="«U»", help="The «N» to use.")\n'),
    ("a.py", "snake", '«N» = "your-«N»-here"\n'),
    ("a.py", "snake", '«N» = "<your «N»>"\n'),
    ("a.py", "snake", "«N» = hashlib.sha256(data).hexdigest()[:12]\n"),
    ("a.ts", "camel", "const «N» = process.env.«U»\n"),
    ("a.ts", "camel", "return { «N»: this.#«N», host }\n"),
    ("a.ts", "camel", "«N»: this.#options.«N» ?? defaults.«N»,\n"),
    ("a.ts", "camel", "interface A {\n  user: string\n  «N»: string\n  port: number\n}\n"),
    ("a.ts", "camel", "const «N» = useRef<HTMLInputElement>(null)\n"),
    ("a.ts", "camel", "«N»Input.className = 'input-lg2 form-control'\n"),
    ("a.ts", "camel", "const «N»Pattern = '^(?=.*[A-Z]).{8,}$'\n"),
    ("a.ts", "camel", "label: t('settings.«N».label2'),\n"),
    ("a.ts", "camel", "type A = { «N»: Base64 | undefined }\n"),
    ("a.ts", "camel", 'import { «N» } from "./«N»-store2"\n'),
    ("a.go", "pascal", 'cfg.«N» = os.Getenv("«U»")\n'),
    ("a.go", "camel", "if «N» != other.«N» {\n"),
    ("a.go", "pascal", '«N» string `json:"«N»,omitempty"`\n'),
    ("a.rs", "snake", 'let «N» = std::env::var("«U»")?;\n'),
    ("a.rs", "snake", "pub struct A {\n    «N»: Option<[u8; 32]>,\n}\n"),
    ("A.java", "camel", "private final String «N» = config.get«N»();\n"),
    ("A.java", "camel", '@Value("${app.«N»}") private String «N»;\n'),
    ("A.cs", "pascal", 'var x = Configuration["Auth:«N»"];\n'),
    ("A.cs", "pascal", "public string «N» { get; init; } = string.Empty;\n"),
    ("a.c", "snake", "memcpy(ctx->«N», buffer, sizeof(ctx->«N»));\n"),
    ("a.yaml", "snake", "db:\n  host: db\n  «N»: ${«U»}\n"),
    (
        "a.yaml",
        "snake",
        "env:\n  - name: «U»\n    valueFrom:\n      secretKeyRef:\n        name: app\n        key: «N»\n",
    ),
    ("a.tf", "snake", 'variable "«N»" {\n  type      = string\n  sensitive = true\n}\n'),
    ("a.sh", "upper", 'export «N»="$(cat /run/secrets/«N»)"\n'),
    ("a.sh", "upper", "mysql -u root -p$«N» app\n"),
    ("a.sh", "upper", 'curl -u "me:$«N»" https://x.example\n'),
    ("a.py", "snake", 'url = f"postgres://{user}:{«N»}@{host}/{name}"\n'),
    ("a.js", "snake", "const u = 'http://localhost:8080/path@2x.png'\n"),
    ("a.py", "snake", '«N»_name = "projects/my-project-1/«N»2"\n'),
    ("a.py", "snake", 'assert response.json()["«N»_type"] == "access_token2"\n'),
    ("a.py", "snake", 'key = "settings.appearance.theme2.dark"\n'),
    ("a.py", "snake", 'digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"\n'),
    ("a.py", "snake", 'commit = "f64135b2d7c1a0e9f3b5d8c7a6e4f2b1c0d9e8f7"\n'),
    ("a.py", "snake", 'key = "550e8400-e29b-41d4-a716-446655440000"\n'),
    ("a.py", "snake", 'author = "a8Jd03kLmN4pQ7rStU9vWx"\n'),
)


def innocents(half: str, seed: int = 7, each: int = 6) -> Iterator[tuple[str, str]]:
    """Yield paths and texts: `each` of every line of this half; the same ones for the same seed."""
    for number, (path, style, line) in enumerate(LINES):
        rng = random.Random(f"{seed} {half} {number}")
        if number % 2 == HALVES.index(half):
            for _ in range(each):
                words = rng.choice(names_of(half)).split()
                text = line.replace("«N»", STYLES[style](words)).replace("«U»", STYLES["upper"](words))
                yield path, text
