#!/bin/sh
# serve.sh - what is served: to whom, which addresses, with which headers; that nothing is written, that a database may
# come, change, go and be none; that signals end it.
set -u
. "${srcdir:-.}/tests/cli/command.sh"
: "${abs_top_builddir:=.}"
ask=$abs_top_builddir/tests/cli/page/ask
is() { n_checks=$((n_checks + 1)); [ "$1" = "$2" ] || wrong "expected $2, got $1"; }

fails 2 serve --port 65536
says 'from 0 to 65535'
fails 2 serve --port x
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$scratch"' EXIT
# A shell makes background commands ignore SIGINT.
default=
env --default-signal=INT true 2>/dev/null && default='env --default-signal=INT'
# serve ARGUMENT...: in the background, at $port
serve() {
    last="serve $*"
    mkfifo address
    $default "$BNNRUN" serve --port 0 "$@" >address 2>err &
    server=$!
    read -r line <address
    rm address
    port=${line##*:}
    port=${port%/}
}
serve
if grep -q 'built without libmicrohttpd' err; then
    grep -q libmicrohttpd-dev err || exit 1
    echo 'built without libmicrohttpd'
    exit 77
fi
is "$line" "http://127.0.0.1:$port/"

# request METHOD ADDRESS [HEADER...]: the answer in the files head and out
request() {
    n_checks=$((n_checks + 1))
    last="serve: $*"
    {
        printf '%s %s HTTP/1.1\r\nConnection: close\r\n' "$1" "$2"
        shift 2
        case $* in *Host:*) ;; *) printf 'Host: localhost:%s\r\n' "$port" ;; esac
        for header; do printf '%s\r\n' "$header"; done
        printf '\r\n'
    } | "$ask" "$port" 2>err
}
# gives STATUS METHOD ADDRESS [HEADER...]
gives() {
    code=$1
    shift
    request "$@"
    grep -q "^HTTP/1.1 $code " head || wrong "not $code: $(head -n 1 head)"
}
has() { grep -qix "$1" head || wrong "no header $1"; }
shows() { # until it does
    n_tries=0
    until request GET "${2-/}" && grep -q "$1" out; do
        n_tries=$((n_tries + 1))
        [ $n_tries -lt 100 ] || { wrong "does not show $1"; return; }
        sleep 0.1
    done
}
# lists FILES: the folder does, when no child is at work any more
lists() {
    n_checks=$((n_checks + 1))
    n_tries=0
    until [ "$(ls)" = "$1" ]; do
        n_tries=$((n_tries + 1))
        [ $n_tries -lt 100 ] || { wrong "other files: $(ls)"; return; }
        sleep 0.1
    done
}
value() { "$BNNRUN" query --csv "$1" | tail -n 1; }

# ---- to whom, and with what ----------------------------------------------------------------------
gives 200 GET /
prints 'there is no database bnnrun.db yet'
has 'Content-Type: text/html; charset=utf-8'
has 'X-Content-Type-Options: nosniff'
has 'Cache-Control: no-store'
has 'Cross-Origin-Resource-Policy: same-origin'
has "Content-Security-Policy: default-src 'none'; .*script-src 'sha256-.*; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
is "$(grep -ci '^Access-Control' head)" 0
tag=$(sed -n 's/^ETag: //p' head)
gives 304 GET / "If-None-Match: $tag"
prints_nothing
gives 200 GET / 'If-None-Match: "0123456789abcdef"'
gives 200 HEAD /
prints_nothing
for host in localhost 127.0.0.1 '[::1]' LOCALHOST; do gives 200 GET / "Host: $host:$port"; done
for host in localhost localhost:9000; do gives 200 GET / "Host: $host"; done # a forwarded port
for host in "localhost.example.org:$port" "localhost:9000.example.org" "example.org" "0.0.0.0:$port" ''; do
    gives 403 GET / "Host: $host"
done
gives 403 GET / 'Sec-Fetch-Site: cross-site' 'Sec-Fetch-Mode: no-cors'
gives 200 GET / 'Sec-Fetch-Site: cross-site' 'Sec-Fetch-Mode: navigate'
for method in POST PUT DELETE OPTIONS FOO; do
    gives 405 $method /
    has 'Allow: GET, HEAD'
done
for address in /bnnrun.db /../bnnrun.db /%2e%2e/etc/passwd //etc/passwd /run /run/ '/run/%00' "/run/'" '/run/*'; do
    gives 404 GET "$address"
done
long=$(printf '%05000d' 1)
long=$long$long$long$long
request GET "/$long"
grep -q '^HTTP/1.1 4[0-9][0-9]' head || wrong 'a long address is not refused'
request GET / "X-Long: $long"
grep -q '^HTTP/1.1 4[0-9][0-9]' head || wrong 'a long header is not refused'
printf 'no request at all\r\n\r\n' | "$ask" "$port"
printf 'GET / HTTP/1.1\r\nHost: localhost:%s\r\nConnection: close\r\n\r\n' "$port" | "$ask" "$port" 40
grep -q '^HTTP/1.1 200' head || wrong 'silent connections are in the way'
# As many connections as there may be, which all end at once: the next one is heard.
sockets() { find "/proc/$server/fd" -lname 'socket:*' | wc -l; }
printf 'GET /' | "$ask" "$port" 63 'GET /' &
silent=$!
n_tries=0
until [ "$(sockets)" -gt 64 ] || [ $n_tries -ge 300 ]; do # and the one that listens
    n_tries=$((n_tries + 1))
    sleep 0.1
done
[ $n_tries -lt 300 ] || wrong "only $(sockets) sockets"
kill -STOP $server # so that it hears of all ends in one turn
kill $silent
wait $silent
kill -CONT $server
gives 200 GET /
fails 4 serve --port "$port"
says "port $port is taken"
lists "$(printf '%s\n' err head out)"

# ---- a database that comes, and is replaced ---------------------------------------------------------
{ echo 'name: tiny'; tiny_spec; echo 'train: {epochs: 2, batch: 20}'; echo 'run: {measure: false}'; } >tiny.yaml
bnn 0 -q tiny.yaml --db other.db
# Of the first epoch something is not known that is known of the second.
sparse=
sqlite3 other.db "DELETE FROM metric WHERE epoch = 1 AND name = 'train_accuracy'" 2>/dev/null && sparse=yes
mv other.db.artifacts bnnrun.db.artifacts
mv other.db bnnrun.db
files=$(ls)
shows '<h1>tiny</h1>'
sum=$(cksum bnnrun.db)
gives 200 GET /
is "$(cksum bnnrun.db)" "$sum"
lists "$files"
uid=$(value 'SELECT run_uid FROM run')
gives 200 GET /progress
prints '<b>tiny</b>: 1 of 1 runs done'
prints "<a href=\"/run/$uid\">"
tag=$(sed -n 's/^ETag: //p' head)
gives 304 GET /progress "If-None-Match: $tag"
for address in "/run/$uid" "/run/$(printf '%.4s' "$uid")"; do
    gives 200 GET "$address"
    prints "<h1>run $uid</h1>"
    prints '<td class="">train.epochs</td><td class="">2</td>'
done
if [ -n "$sparse" ]; then
    gives 200 GET "/run/$uid"
    prints '<th scope="col" class="n">train_accuracy</th></tr>'
    prints '<tr><td class="n">1</td>.*<td class="n"></td></tr>'
    prints '<tr><td class="n">2</td>.*<td class="n">0[.0-9]*</td></tr>'
else
    echo 'skipped: epochs of which not all is known (no sqlite3)'
fi
gives 404 GET /run/ffffffffff
bnn 1 -q tiny.yaml -s name=later -s train.optimizer='{name: sgd, lr: 1000000}' # while it is served

shows '<b>later</b>: 0 of 1 runs done, 1 failed' /progress
prints 'failed: diverged'
failed=$(value "SELECT run_uid FROM run WHERE state = 'failed'")
gives 200 GET "/run/$failed"
prints 'It failed: diverged'

# ---- what a hostile hand wrote ---------------------------------------------------------------------------
if [ -n "$sparse" ]; then
    evil="'<script>alert(1)</script><img src=x onerror=alert(2)>\"''&' || char(27) || '[31m' || char(10, 8238)"
    cut="$evil || CAST(x'ffe282' AS TEXT)"
    sqlite3 bnnrun.db "PRAGMA busy_timeout = 5000;
        UPDATE experiment SET name = 'b' || experiment_id || $evil, description = $cut;
        UPDATE experiment_config SET label = 'c' || config_id || $evil;
        UPDATE attempt SET error = 'd' || $evil, host = $evil WHERE outcome IS NOT NULL;
        UPDATE environment SET host = $evil, os = $evil, cpu_model = $cut, kernels = $evil, compiler = $evil,
            cflags = $evil, version = $evil, revision = $evil, libraries = $evil;
        UPDATE dataset SET name = $evil, source = $evil;
        UPDATE plugin SET kind = $evil, name = 'e' || plugin_id || $evil, path = $cut, sha256 = $evil;
        UPDATE config_param SET value = $evil WHERE typeof(value) = 'text';
        UPDATE artifact SET path = path || $evil, kind = $evil;
        UPDATE layer SET name = $evil, kind = $evil;
        UPDATE metric SET name = $evil WHERE name = 'train_accuracy' AND epoch = 1;
        UPDATE run SET note = $cut;
        INSERT INTO run_tag SELECT run_id, $evil FROM run" >/dev/null || exit 99
    for address in / /progress "/run/$uid" "/run/$failed"; do
        shows '&lt;script&gt;alert(1)' "$address"
        [ "$address" = / ] || omits '<script>alert\|onerror=alert(2)>'
        omits '<img src=x'
        ! LC_ALL=C grep -q "$(printf '[\001-\010\013-\037\377]')" out || wrong "$address: control characters"
        ! grep -q "$(printf '\342\200\256')" out || wrong "$address: letters are turned round"
        iconv -f UTF-8 -t UTF-16 out >/dev/null 2>&1 || wrong "$address is not UTF-8"
    done
fi

# ---- its end ------------------------------------------------------------------------------------------
ends() { # SIGNAL
    kill -"$1" "$server"
    wait "$server"
    is "$?" 0
    server=
}
ends TERM
[ -z "$default" ] || {
    echo 'no database' >none.db
    serve --db none.db
    gives 200 GET /
    prints 'none.db'
    ends INT
}

# ---- in a browser -----------------------------------------------------------------------------------------
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
# The page rests for four seconds, so that the sweep has to take longer.
if [ -n "${BNN_TEST_LONG-}" ] && [ -n "$chromium" ] && command -v node >/dev/null 2>&1; then
    {
        echo 'name: live'
        tiny_spec | sed 's/train_limit: 200/train_limit: 6000/'
        echo 'train: {epochs: 24, batch: 20}'
        echo 'seeds: {count: 4}'
        echo 'sweep: {list: [{model.ste: identity}]}'
        echo 'baseline: {model.binarize: none}'
    } >live.yaml
    serve --db live.db
    n_checks=$((n_checks + 1))
    last='serve, in Chromium'
    node "$srcdir/tests/cli/page/watch.js" "$chromium" "$line" "$server" "$BNNRUN" run live.yaml -q -j 1 --db live.db \
        >out 2>err || { wrong 'see above'; kill "$server" 2>/dev/null; }
    wait "$server"
    server=
    cat out
fi

echo "$n_checks checks, $n_wrong wrong"
[ $n_wrong -eq 0 ]
