"""Secrets of many kinds for tests, none of them real. They are put together here, so that no scanner of secrets takes
this file for a leak.
"""

from __future__ import annotations

import base64
import random
import string
from dataclasses import dataclass

_LETTERS = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"
_BASE64 = string.ascii_letters + string.digits + "+/"
_CAPITALS = string.ascii_uppercase + string.digits


@dataclass(frozen=True)
class Planted:
    """A line (or more) of code, and the parts of it that must never be shown."""

    kind: str
    code: str
    secrets: tuple[str, ...]


def planted() -> tuple[Planted, ...]:
    """One of each kind, always the same ones. Each code is valid Python."""
    rng = random.Random(11)

    def some(count: int, alphabet: str = _LETTERS) -> str:
        return "".join(rng.choice(alphabet) for _ in range(count))

    def key(kind: str, prefix: str, rest: str) -> Planted:
        return Planted(kind, f'value = "{prefix}{rest}"', (prefix + rest,))

    def named(kind: str, before: str, secret: str, after: str = '"') -> Planted:
        return Planted(kind, f"{before}{secret}{after}", (secret,))

    body = [some(64, _BASE64) for _ in range(6)]

    def pem(kind: str, name: str) -> Planted:
        lines = [f"-----BEGIN {name}-----", *body, f"-----END {name}-----"]
        return Planted(kind, 'value = """' + "\n".join(lines) + '"""', tuple(body))

    escaped = [some(64, _BASE64) for _ in range(3)]
    joined = "\\n".join(["-----BEGIN PRIVATE KEY-----", *escaped, "-----END PRIVATE KEY-----"])
    token = ".".join(
        base64.urlsafe_b64encode(part).decode().rstrip("=")
        for part in (b'{"alg":"HS256","typ":"JWT"}', b'{"sub":"1234567890","name":"somebody"}', some(32).encode())
    )
    uuid = f"{some(8, _HEX)}-{some(4, _HEX)}-4{some(3, _HEX)}-a{some(3, _HEX)}-{some(12, _HEX)}"
    return (
        key("AWS access key", "AKIA", some(16, _CAPITALS)),
        key("AWS temporary key", "ASIA", some(16, _CAPITALS)),
        named("AWS secret key", 'aws_secret_access_key = "', some(40, _BASE64)),
        key("GitHub token", "ghp_", some(36)),
        key("GitHub fine-grained token", "github_pat_", some(22) + "_" + some(59)),
        key("GitHub app token", "ghs_", some(36)),
        key("GitLab token", "glpat-", some(20)),
        key("Slack bot token", "xoxb-", f"{some(12, string.digits)}-{some(12, string.digits)}-{some(24)}"),
        named("Slack webhook", 'value = "https://hooks.slack.com/services/', f"T{some(8)}/B{some(8)}/{some(24)}"),
        key("Stripe live key", "sk_live_", some(24)),
        key("Stripe restricted key", "rk_live_", some(24)),
        key("Stripe webhook secret", "whsec_", some(32)),
        key("Google API key", "AIza", some(35)),
        key("Google OAuth secret", "GOCSPX-", some(28)),
        key("JSON web token", "", token),
        pem("RSA private key", "RSA PRIVATE KEY"),
        pem("OpenSSH private key", "OPENSSH PRIVATE KEY"),
        pem("PGP private key", "PGP PRIVATE KEY BLOCK"),
        Planted("private key in one line", f'value = "{joined}"', tuple(escaped)),
        named("PostgreSQL address", 'value = "postgresql://app:', some(16), '@db.example.com:5432/app"'),
        named("MongoDB address", 'value = "mongodb+srv://root:', some(20), '@cluster0.example.net/test"'),
        named("Redis address", 'value = "redis://:', some(18), '@cache:6379/0"'),
        key("npm token", "npm_", some(36)),
        key("PyPI token", "pypi-AgE", some(120)),
        named("Azure storage key", 'value = "AccountName=x;AccountKey=', some(86, _BASE64) + "==", ';Suffix=core"'),
        key("Azure client secret", f"{some(3)}8Q~", some(34)),
        key("OpenAI key", "sk-", some(48)),
        key("OpenAI project key", "sk-proj-", some(64)),
        key("Anthropic key", "sk-ant-api03-", some(93)),
        key("Hugging Face token", "hf_", some(34)),
        key("SendGrid key", "SG.", f"{some(22)}.{some(43)}"),
        key("Twilio key", "SK", some(32, _HEX)),
        key("Telegram bot token", f"{some(9, string.digits)}:AA", some(33)),
        key("Discord bot token", "M", f"{some(23)}.{some(6)}.{some(38)}"),
        key("Shopify token", "shpat_", some(32, _HEX)),
        key("DigitalOcean token", "dop_v1_", some(64, _HEX)),
        key("Vault token", "hvs.", some(90)),
        key("Databricks token", "dapi", some(32, _HEX)),
        key("Docker token", "dckr_pat_", some(27)),
        key("age key", "AGE-SECRET-KEY-1", some(58, _CAPITALS)),
        key("Mailchimp key", some(32, _HEX), "-us12"),
        key("Mailgun key", "key-", some(32, _HEX)),
        named("bearer token", 'headers = {"Authorization": "Bearer ', some(40), '"}'),
        named("basic credentials", 'headers = {"X": "Basic ', base64.b64encode(some(18).encode()).decode(), '"}'),
        named("password", 'password = "', "c0rrect!" + some(8)),
        named("password of an option", 'run("mysql --password ', some(14) + "4x", ' db")'),
        named("password in a list of settings", 'value = "Server=db;User Id=sa;Password=', some(12) + "7", ';"'),
        named("API key by name", 'WEATHER_API_KEY = "', some(32, _HEX)),
        named("token in a dictionary", 'config = {"auth_token": "', some(30), '"}'),
        named("secret of Django", "SECRET_KEY = 'django-insecure-", some(50), "'"),
        named("client secret as an argument", 'login(client_secret="', some(32), '")'),
        named("environment by hand", 'os.environ["SESSION_TOKEN"] = "', some(40)),
        named("UUID as a key", 'HEROKU_API_KEY = "', uuid),
        named("declared type", 'encryption_key: Final[str] = "', some(44, _BASE64)),
        named("password hash", 'value = "', f"$2b$12${some(53)}"),
    )
