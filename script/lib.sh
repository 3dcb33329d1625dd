# shellcheck shell=bash
# shellcheck disable=SC2034 # what is set here is used by those who source it
# What the scripts beside this file share. Sourced, never run.
#
#   PORTICO_CACHE      where builds and tools live, shared by all clones     (~/.cache/portico)
#   CARGO_TARGET_DIR   cargo's output                                        ($PORTICO_CACHE/target)
#   CI                 set by CI: Cargo.lock must not change

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export PORTICO_CACHE=${PORTICO_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/portico}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PORTICO_CACHE/target}
TOOLS=$PORTICO_CACHE/tools
SITE=$CARGO_TARGET_DIR/site
mkdir -p "$TOOLS" "$CARGO_TARGET_DIR"
# Scripts that call each other count from the start of the first.
export SCRIPT_STARTED=${SCRIPT_STARTED:-$(date +%s)}
LOCKED=()
[ -z "${CI:-}" ] || LOCKED=(--locked)

if [ -t 1 ]; then bold=$'\e[1m' red=$'\e[31m' plain=$'\e[0m'; else bold='' red='' plain=''; fi

step() {
    local t=$(($(date +%s) - SCRIPT_STARTED))
    printf '%s==> %02d:%02d %s%s\n' "$bold" $((t / 60)) $((t % 60)) "$*" "$plain"
}
say() { printf '    %s\n' "$*"; }
warn() { printf '%s    %s%s\n' "$red" "$*" "$plain" >&2; }
die() {
    warn "$@"
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# need COMMAND SENTENCE: stops with the sentence when the command is missing.
need() { have "$1" || die "$1 is missing. $2"; }

sha256() { if have sha256sum; then sha256sum "$@"; else shasum -a 256 "$@"; fi | cut -d' ' -f1; }

# hash_of PATH…: one hash over the names and contents of all files below the paths.
hash_of() {
    (
        cd "$ROOT" || exit
        find "$@" -type f -not -path '*/node_modules/*' -print0 2>/dev/null | LC_ALL=C sort -z |
            xargs -0 "$(have sha256sum && echo sha256sum || echo shasum)" | sha256 -
    )
}

# apt_install SENTENCE PACKAGE…: says why, installs, and fails (without stopping) where that cannot be done here.
apt_install() {
    local why=$1
    shift
    local as_root=()
    if ! have apt-get; then
        warn "Missing: $* ($why)"
        warn "This is not Debian or Ubuntu: please install it with your system's package manager."
        return 1
    fi
    if [ "$(id -u)" != 0 ]; then
        if ! have sudo; then
            warn "Missing: $* ($why)"
            warn "Neither root nor sudo here. Please have it installed: apt-get install $*"
            return 1
        fi
        as_root=(sudo)
    fi
    say "Installing $* with apt-get: $why"
    local apt=(${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
    local log=$PORTICO_CACHE/apt.log
    if "${apt[@]}" install -y --no-install-recommends "$@" >"$log" 2>&1; then return 0; fi
    # The package lists may be old or absent.
    if "${apt[@]}" update >"$log" 2>&1 && "${apt[@]}" install -y --no-install-recommends "$@" >>"$log" 2>&1; then return 0; fi
    tail -n 15 "$log" >&2
    warn "apt-get could not install $*. All it said is in $log."
    return 1
}

wasm_bindgen_version() {
    awk '/^name = "wasm-bindgen"$/ { getline; gsub(/[^0-9.]/, ""); print; exit }' "$ROOT/Cargo.lock" 2>/dev/null
}
wasm_bindgen_root() { echo "$TOOLS/wasm-bindgen-$(wasm_bindgen_version)"; }

CARGO_DENY_VERSION=0.20.2
cargo_deny_root() { echo "$TOOLS/cargo-deny-$CARGO_DENY_VERSION"; }

# npm_tools NAME: the directory in the cache for the packages that ROOT/NAME/package-lock.json lists.
npm_tools() { echo "$TOOLS/$(basename "$1")-$(hash_of "$1/package.json" "$1/package-lock.json" | cut -c1-16)"; }

# npm_install NAME: what ROOT/NAME/package-lock.json lists, into the cache.
npm_install() {
    local dir
    dir=$(npm_tools "$1")
    if [ ! -e "$dir/.complete" ]; then
        say "Installing the npm packages of $1"
        rm -rf "$dir"
        mkdir -p "$dir"
        cp "$ROOT/$1/package.json" "$ROOT/$1/package-lock.json" "$dir/"
        (cd "$dir" && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund --loglevel=error)
        touch "$dir/.complete"
    fi
}
# npm_link NAME: a link to them in ROOT/NAME, so that clones share the packages.
npm_link() {
    local modules
    modules=$(npm_tools "$1")/node_modules
    if [ "$(readlink "$ROOT/$1/node_modules" || true)" != "$modules" ]; then
        rm -rf "$ROOT/$1/node_modules"
        ln -s "$modules" "$ROOT/$1/node_modules"
    fi
}

# The workspace links with mold. Where it cannot be had, the system's linker does, only slower:
# RUSTFLAGS, when set, stands in for the flags of .cargo/config.toml.
use_linker() {
    if [ -z "${RUSTFLAGS:-}" ] && [ "$(uname -s)" = Linux ] && ! have mold; then export RUSTFLAGS="--cfg erase_components"; fi
}

# The directory of PostgreSQL's programs, or nothing.
postgres_bin() {
    local dir found=''
    if have initdb && have pg_ctl; then
        dirname "$(command -v initdb)"
        return
    fi
    for dir in /usr/lib/postgresql/*/bin /usr/local/opt/postgresql*/bin /opt/homebrew/opt/postgresql*/bin /usr/pgsql-*/bin; do
        if [ -x "$dir/initdb" ] && [ -x "$dir/pg_ctl" ]; then found=$dir; fi
    done
    echo "$found"
}

# postgres_start: a private server on 127.0.0.1 with nothing worth keeping in it; sets PORTICO_TEST_POSTGRES_URL.
# postgres_stop: ends it and removes its files. The caller traps EXIT.
PG_DIR=''
postgres_as() { (cd "$PG_DIR" && ${PG_AS[@]+"${PG_AS[@]}"} "$@"); }
postgres_start() {
    local bin user try port
    bin=$(postgres_bin)
    [ -n "$bin" ] || die "PostgreSQL is missing: every test of a store runs on it as well. Run script/setup test."
    PG_DIR=$(mktemp -d "${TMPDIR:-/tmp}/portico-pg.XXXXXX")
    PG_AS=()
    if [ "$(id -u)" = 0 ]; then
        # It will not run as root.
        user=nobody
        if id postgres >/dev/null 2>&1; then user=postgres; fi
        PG_AS=(runuser -u "$user" --)
        chown "$user" "$PG_DIR"
    fi
    PG_CTL=$bin/pg_ctl
    postgres_as "$bin/initdb" -D "$PG_DIR/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$PG_DIR.log" 2>&1 ||
        { cat "$PG_DIR.log" >&2; die "initdb failed."; }
    for try in 1 2 3 4 5; do
        port=$((20000 + RANDOM % 12000))
        if postgres_as "$PG_CTL" -D "$PG_DIR/data" -l "$PG_DIR/server.log" -w -t 30 -o \
            "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories='$PG_DIR' -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=300 -c shared_buffers=256MB" \
            start >"$PG_DIR.log" 2>&1; then
            export PORTICO_TEST_POSTGRES_URL="postgres://postgres@127.0.0.1:$port/postgres"
            say "PostgreSQL for the tests: $PORTICO_TEST_POSTGRES_URL"
            return 0
        fi
        say "PostgreSQL did not start on port $port (try $try of 5)"
    done
    cat "$PG_DIR.log" "$PG_DIR/server.log" >&2 || true
    die "PostgreSQL did not start."
}
postgres_stop() {
    [ -n "$PG_DIR" ] || return 0
    if [ -e "$PG_DIR/data/postmaster.pid" ]; then
        postgres_as "$PG_CTL" -D "$PG_DIR/data" -m immediate -w stop >/dev/null 2>&1 || warn "PostgreSQL in $PG_DIR did not stop."
    fi
    rm -rf "$PG_DIR" "$PG_DIR.log"
    PG_DIR=''
}
