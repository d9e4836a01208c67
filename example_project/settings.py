"""Settings of the example shop, all from the environment (see `.env.example`).

With nothing set it runs against the sandbox that `make demo` starts. With a Stripe key
set, the sandbox's values are left out altogether: a site is in one world or the other.
"""

import importlib.util
import os
from pathlib import Path

import environ

from payments_connect.env import settings_from_env

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.read_env(BASE_DIR / ".env")
# An empty variable counts as not set, so that a line can be left as it is.
VARIABLES = {name: value for name, value in os.environ.items() if value}
env.ENVIRON = VARIABLES  # type: ignore[assignment]  # any mapping serves

DEBUG = env.bool("DJANGO_DEBUG", default=True)
if DEBUG:
    # Everybody knows it: without DEBUG there is no default, and no site.
    VARIABLES.setdefault("DJANGO_SECRET_KEY", "insecure-key-of-the-demo")
SECRET_KEY = env.str("DJANGO_SECRET_KEY")
ALLOWED_HOSTS = env.list(
    "DJANGO_ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"]
)
CSRF_TRUSTED_ORIGINS = env.list("DJANGO_CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    # Before payments_connect: its templates may be overridden here.
    "example_project.shop",
    "payments_connect",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "example_project.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DEMO_DIR = Path(env.str("DEMO_DIR", default=str(BASE_DIR / ".demo")))
DEMO_DIR.mkdir(exist_ok=True)
DATABASES = {
    "default": env.db_url("DATABASE_URL", default=f"sqlite:///{DEMO_DIR}/db.sqlite3")
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # SQLite has one writer. IMMEDIATE has transactions queue up for it instead of
    # failing halfway, and WAL lets readers go on meanwhile.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The development server's line for each request would drown what the demo says, and
# holds the keys of orders.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "loggers": {"django.server": {"level": "ERROR"}},
}

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
LOGIN_REDIRECT_URL = "shop:orders"
LOGOUT_REDIRECT_URL = "shop:products"

# The sandbox's ports and keys open nothing but the sandbox.
SANDBOX_PORT = env.int("SANDBOX_PORT", default=12111)
SANDBOX = {
    "STRIPE_SECRET_KEY": "sk_test_sandbox",
    "STRIPE_WEBHOOK_SECRETS": "whsec_sandbox_platform",
    "STRIPE_CONNECT_WEBHOOK_SECRETS": "whsec_sandbox_connect",
    "STRIPE_API_BASE": f"http://127.0.0.1:{SANDBOX_PORT}/stripe",
}
IN_SANDBOX = "STRIPE_SECRET_KEY" not in VARIABLES
if IN_SANDBOX:
    VARIABLES |= SANDBOX
VARIABLES.setdefault("PAYMENTS_NAMESPACE", "example")
VARIABLES.setdefault("PAYMENTS_FEE_PERCENT", "10")

PAYMENTS_CONNECT = settings_from_env(VARIABLES) | {
    "FULFILMENT_HANDLER": "example_project.shop.fulfil.ship",
}

# The connected accounts that `seed_demo` gives the two sellers; the sandbox makes up
# whatever is named, Stripe knows only those of the platform with this key.
DEMO_ACCOUNTS = env.list("DEMO_ACCOUNTS", default=[])
if IN_SANDBOX and not DEMO_ACCOUNTS:
    DEMO_ACCOUNTS = ["acct_demobakery00001", "acct_demopottery0001"]
DEMO_LIVEMODE = "_live_" in VARIABLES["STRIPE_SECRET_KEY"]

# dj-stripe mirrors Stripe's objects; it can run beside us with endpoints of its own.
if env.bool("WITH_DJSTRIPE", default=False) and importlib.util.find_spec("djstripe"):
    INSTALLED_APPS.append("djstripe")
    DJSTRIPE_FOREIGN_KEY_TO_FIELD = "id"
    STRIPE_TEST_SECRET_KEY = VARIABLES["STRIPE_SECRET_KEY"]
    STRIPE_LIVE_MODE = DEMO_LIVEMODE
    if "STRIPE_API_BASE" in VARIABLES:
        STRIPE_API_HOST = VARIABLES["STRIPE_API_BASE"]
