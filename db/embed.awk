# embed.awk - turns SQL files into C, for store_sql.c.
#   awk -f db/embed.awk db/schema_1.sql db/views.sql db/queries/*.sql > db/sql.inc
# A file in a folder called queries becomes BNN_QUERY("name", "question", "text"), where the
# question is its first line, a comment; any other file becomes BNN_SCRIPT("name", "text").

function quoted(text) {
    gsub(/["\\]/, "\\\\&", text)
    return "\"" text
}

FNR == 1 {
    if (NR > 1)
        print ")"
    name = FILENAME
    sub(/^.*\//, "", name)
    sub(/\.sql$/, "", name)
    if (FILENAME ~ /(^|\/)queries\/[^\/]*$/) {
        if ($0 !~ /^-- ./) {
            print FILENAME ":1: not a comment that says what the query answers" | "cat >&2"
            failed = 1
            exit 1
        }
        print "BNN_QUERY(" quoted(name) "\", " quoted(substr($0, 4)) "\","
    } else {
        print "BNN_SCRIPT(" quoted(name) "\","
    }
}

{ print quoted($0) "\\n\"" }

END {
    if (!failed && NR > 0)
        print ")"
}
